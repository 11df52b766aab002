"""What a gateway event does to its payment and order. The rows of all three are locked by the inbox."""

import datetime as dt

from django.conf import settings

from orders.services import mark_paid, revive_cancelled
from orders.states import CancelReason, OrderStatus
from orders.types import OrderView
from payments.gateways.base import EventKind
from payments.models import EventOutcome, GatewayEvent, Payment, PaymentStatus
from payments.refunds import request_refund

_ACTOR = "payments"
_CLOSING = {
    EventKind.FAILED.value: PaymentStatus.FAILED,
    EventKind.CANCELLED.value: PaymentStatus.CANCELLED,
}


def settle_event(
    event: GatewayEvent, order: OrderView, payment: Payment, *, may_revive: bool, now: dt.datetime
) -> EventOutcome:
    """Do what the event asks for and return what came of it. Needs a transaction.

    With `may_revive`, an order that expired is revived by late money, and OutOfStock, AllowanceExceeded or
    StockConflict leaves the transaction, which must be rolled back then; without it, late money goes back.
    """
    if event.kind == EventKind.SUCCEEDED:
        return _take_money(event, order, payment, may_revive=may_revive, now=now)
    if (status := _CLOSING.get(event.kind)) is None or payment.status != PaymentStatus.STARTED:
        return EventOutcome.IGNORED
    # The order stays as it is: its deadline neither moves nor ends, and it can be paid in another way until
    # then.
    Payment.objects.filter(id=payment.id).update(status=status)
    return EventOutcome.APPLIED


def _take_money(
    event: GatewayEvent, order: OrderView, payment: Payment, *, may_revive: bool, now: dt.datetime
) -> EventOutcome:
    if payment.status in (PaymentStatus.SUCCEEDED, PaymentStatus.REVIEW):
        return EventOutcome.DUPLICATE if _is_on_record(event, payment) else EventOutcome.AMOUNT_MISMATCH
    is_exact = (event.amount, event.currency) == (payment.amount, payment.currency)
    payment.status = PaymentStatus.SUCCEEDED if is_exact else PaymentStatus.REVIEW
    payment.received_amount = event.amount or 0
    payment.succeeded_at = now
    payment.save(update_fields=["status", "received_amount", "succeeded_at"])
    if not is_exact:
        return EventOutcome.AMOUNT_MISMATCH
    if order.status == OrderStatus.PENDING:
        mark_paid(order_id=order.id, now=now)
        return EventOutcome.APPLIED
    if order.status == OrderStatus.CANCELLED:
        return _take_late_money(order, payment, may_revive=may_revive, now=now)
    request_refund(
        payment=payment, amount=payment.received_amount, reason="paid twice", actor=_ACTOR, now=now
    )
    return EventOutcome.REFUNDED_DUPLICATE


def _is_on_record(event: GatewayEvent, payment: Payment) -> bool:
    """Say whether this event reports the money the payment has on record, not some other money."""
    told = (event.amount, event.currency)
    if payment.status == PaymentStatus.SUCCEEDED:
        return told == (payment.received_amount, payment.currency)
    # Money in review may have come in another currency than was asked for: the event that brought it knows.
    brought = payment.events.filter(kind=EventKind.SUCCEEDED.value, amount=payment.received_amount)
    return told in set(brought.values_list("amount", "currency"))


def _take_late_money(
    order: OrderView, payment: Payment, *, may_revive: bool, now: dt.datetime
) -> EventOutcome:
    # Whoever cancelled on purpose does not want the order back; one that ran out of time was being paid.
    has_expired = order.cancel_reason == CancelReason.EXPIRED
    if may_revive and has_expired and settings.LATE_PAYMENT == "reserve":
        revive_cancelled(order_id=order.id, now=now)
        return EventOutcome.LATE_RESERVED
    request_refund(
        payment=payment, amount=payment.received_amount, reason="paid too late", actor=_ACTOR, now=now
    )
    return EventOutcome.LATE_REFUNDED
