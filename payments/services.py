"""Everything that changes payments, for neighbours to call."""

from payments.by_hand import confirm_payment, confirm_refund, resend_refund
from payments.failed_orders import refund_failed_order
from payments.inbox import apply_event, apply_pending_events, close_event, reapply_event, receive_event
from payments.order_refunds import refund_order
from payments.reconciliation.booking import book_refunds
from payments.reconciliation.running import dismiss_finding, reconcile_payments
from payments.refunds import execute_refund, refund_payment
from payments.starting import close_payments_of_order, start_payment
from payments.statements.importing import import_statement

__all__ = [
    "apply_event",
    "apply_pending_events",
    "book_refunds",
    "close_event",
    "close_payments_of_order",
    "confirm_payment",
    "confirm_refund",
    "dismiss_finding",
    "execute_refund",
    "import_statement",
    "reapply_event",
    "receive_event",
    "reconcile_payments",
    "refund_failed_order",
    "refund_order",
    "refund_payment",
    "resend_refund",
    "start_payment",
]
