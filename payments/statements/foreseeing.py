"""What the money of a line would come to, as things are now; `payments.settling` decides when it is taken."""

from django.conf import settings

from orders.states import CancelReason, OrderStatus
from payments.inbox import bound_id
from payments.models import EventOutcome, Payment, PaymentStatus
from payments.statements.reading import StatementLine


def foresee_outcome(line: StatementLine, payment: Payment) -> EventOutcome:
    """Return the outcome of a line that names this payment. Writes nothing."""
    money = (line.amount, line.currency)
    if payment.status in (PaymentStatus.SUCCEEDED, PaymentStatus.REVIEW):
        if payment.charge_reference not in ("", bound_id(line.id)):
            return EventOutcome.REVIEW
        is_on_record = money == (payment.received_amount, payment.money_currency)
        return EventOutcome.DUPLICATE if is_on_record else EventOutcome.AMOUNT_MISMATCH
    if money != (payment.amount, payment.currency):
        return EventOutcome.AMOUNT_MISMATCH
    if payment.order.status == OrderStatus.PENDING:
        return EventOutcome.APPLIED
    if payment.order.status != OrderStatus.CANCELLED:
        return EventOutcome.REFUNDED_DUPLICATE
    has_expired = payment.order.cancel_reason == CancelReason.EXPIRED
    # Whether there is stock left for it is seen only when the money is taken.
    is_revived = has_expired and settings.LATE_PAYMENT == "reserve"
    return EventOutcome.LATE_RESERVED if is_revived else EventOutcome.LATE_REFUNDED
