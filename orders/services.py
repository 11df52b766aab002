"""Everything that changes orders, for neighbours to call."""

from orders.deadlines import extend_deadline
from orders.erasing import erase_person
from orders.lifecycle import (
    cancel_order,
    fulfil_order,
    lock_order,
    mark_paid,
    plan_revival,
    revive_cancelled,
)
from orders.outbox import deliver_outbox, enqueue, requeue
from orders.placing import place_order
from orders.points.services import adjust_points, earn_points, revoke_points
from orders.refunding import list_refundable, mark_refunded, note_refund, require_refundable
from orders.rows import lock_state
from orders.steps.by_hand import settle_step, try_step_again
from orders.steps.registry import register_step
from orders.steps.running import begin_steps, do_step, give_up_step, stop_steps, undo_step
from orders.subscribers import connect
from orders.sweep import sweep_expired_orders, unpark_orders

__all__ = [
    "adjust_points",
    "begin_steps",
    "cancel_order",
    "connect",
    "deliver_outbox",
    "do_step",
    "earn_points",
    "enqueue",
    "erase_person",
    "extend_deadline",
    "fulfil_order",
    "give_up_step",
    "list_refundable",
    "lock_order",
    "lock_state",
    "mark_paid",
    "mark_refunded",
    "note_refund",
    "place_order",
    "plan_revival",
    "register_step",
    "requeue",
    "require_refundable",
    "revive_cancelled",
    "revoke_points",
    "settle_step",
    "stop_steps",
    "sweep_expired_orders",
    "try_step_again",
    "undo_step",
    "unpark_orders",
]
