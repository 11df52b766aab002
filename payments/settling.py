"""What a gateway event does to its payment and order. The rows of all three are locked by the inbox."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from django.conf import settings

from inventory.rows import RowUpdate
from inventory.sql import execute_together
from orders.services import mark_paid, revive_cancelled
from orders.states import CancelReason, OrderStatus
from orders.types import OrderState
from payments.gateways.base import EventKind
from payments.models import EventOutcome, GatewayEvent, Payment, PaymentStatus, Refund, RefundStatus
from payments.refunds import request_refund

_ACTOR = "payments"
_TAKEN = ("status", "received_amount", "received_currency", "succeeded_at", "charge_reference")
_TAKE = RowUpdate(Payment, _TAKEN, where="id = %s")
_UNDER_WAY = (PaymentStatus.STARTED, PaymentStatus.PROCESSING)
# Without money: the status an event gives its payment, and the ones it may have had.
_MOVES: Final[Mapping[str, tuple[str, Sequence[str]]]] = {
    EventKind.PROCESSING.value: (PaymentStatus.PROCESSING, (PaymentStatus.STARTED,)),
    EventKind.FAILED.value: (PaymentStatus.FAILED, _UNDER_WAY),
    EventKind.CANCELLED.value: (PaymentStatus.CANCELLED, _UNDER_WAY),
}


def settle_event(
    event: GatewayEvent, order: OrderState, payment: Payment, *, may_revive: bool, now: dt.datetime
) -> EventOutcome:
    """Do what the event asks for and return what came of it. Needs a transaction.

    With `may_revive`, an order that expired is revived by late money, and OutOfStock, AllowanceExceeded,
    PointsMissing or StockConflict leaves the transaction, which must be rolled back then; without it, late
    money goes back.
    """
    if event.kind == EventKind.SUCCEEDED:
        return _take_money(event, order, payment, may_revive=may_revive, now=now)
    if event.kind == EventKind.REFUND_FAILED:
        return _note_failed_refund(event, payment)
    status, origins = _MOVES.get(event.kind, ("", ()))
    # An attempt whose answer was lost may have left a twin at the gateway: what becomes of that is no matter.
    is_twin = event.reference not in ("", payment.reference)
    if payment.status not in origins or is_twin:
        return EventOutcome.IGNORED
    # The order stays as it is: its deadline neither moves nor ends, and it can be paid in another way until
    # then.
    Payment.objects.filter(id=payment.id).update(status=status)
    return EventOutcome.APPLIED


def _take_money(
    event: GatewayEvent, order: OrderState, payment: Payment, *, may_revive: bool, now: dt.datetime
) -> EventOutcome:
    if payment.status in (PaymentStatus.SUCCEEDED, PaymentStatus.REVIEW):
        if not _is_same_charge(event, payment):
            return EventOutcome.REVIEW
        if not _is_on_record(event, payment):
            return EventOutcome.AMOUNT_MISMATCH
        if not payment.charge_reference:
            # Told before by somebody who did not know its name: from now on other money is told apart.
            Payment.objects.filter(id=payment.id).update(charge_reference=event.charge_reference)
        return EventOutcome.DUPLICATE
    is_exact = (event.amount, event.currency) == (payment.amount, payment.currency)
    payment.status = PaymentStatus.SUCCEEDED if is_exact else PaymentStatus.REVIEW
    payment.received_amount, payment.received_currency = event.amount or 0, event.currency
    payment.succeeded_at = now
    payment.charge_reference = event.charge_reference
    execute_together([_TAKE.prepare([getattr(payment, name) for name in _TAKEN], [payment.id])])
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


def _is_same_charge(event: GatewayEvent, payment: Payment) -> bool:
    """Say whether the event can be about the money we have; another charge of one payment is other money."""
    known = {event.charge_reference, payment.charge_reference} - {""}
    return len(known) < 2


def _note_failed_refund(event: GatewayEvent, payment: Payment) -> EventOutcome:
    """Money we took for sent did not leave. It stays set aside, so that nobody sends it in two ways."""
    Refund.objects.filter(payment=payment, reference=event.charge_reference).update(
        status=RefundStatus.FAILED, succeeded_at=None
    )
    return EventOutcome.REVIEW


def _is_on_record(event: GatewayEvent, payment: Payment) -> bool:
    """Say whether this event reports the money the payment has on record, not some other money."""
    return (event.amount, event.currency) == (payment.received_amount, payment.money_currency)


def _take_late_money(
    order: OrderState, payment: Payment, *, may_revive: bool, now: dt.datetime
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
