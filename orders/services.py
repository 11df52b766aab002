"""Everything that changes orders, for neighbours to call."""

from orders.deadlines import extend_deadline
from orders.lifecycle import (
    cancel_order,
    fulfil_order,
    lock_order,
    mark_paid,
    mark_refunded,
    revive_cancelled,
)
from orders.outbox import deliver_outbox, enqueue, requeue
from orders.placing import place_order
from orders.points.services import adjust_points, earn_points, revoke_points
from orders.subscribers import connect
from orders.sweep import sweep_expired_orders, unpark_orders

__all__ = [
    "adjust_points",
    "cancel_order",
    "connect",
    "deliver_outbox",
    "earn_points",
    "enqueue",
    "extend_deadline",
    "fulfil_order",
    "lock_order",
    "mark_paid",
    "mark_refunded",
    "place_order",
    "requeue",
    "revive_cancelled",
    "revoke_points",
    "sweep_expired_orders",
    "unpark_orders",
]
