"""Everything that changes payments, for neighbours to call."""

from payments.inbox import apply_event, apply_pending_events, reapply_event, receive_event
from payments.refunds import execute_refund, refund_order, refund_payment
from payments.starting import close_payments_of_order, start_payment

__all__ = [
    "apply_event",
    "apply_pending_events",
    "close_payments_of_order",
    "execute_refund",
    "reapply_event",
    "receive_event",
    "refund_order",
    "refund_payment",
    "start_payment",
]
