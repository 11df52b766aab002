"""What a gateway event does to its payment and order.

The inbox has locked the event and the order. The payment was read before the order's lock, so each write of
it is a compare-and-set: what was read is in WHERE, and whoever finds it changed starts over.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.conf import settings

from inventory.errors import OutOfStock, StockConflict
from inventory.rows import RowUpdate
from inventory.sql import execute_together
from orders.services import mark_paid, plan_revival, revive_cancelled
from orders.states import CancelReason, OrderStatus
from orders.types import OrderState
from payments.gateways.base import EventKind
from payments.models import EventOutcome, GatewayEvent, Payment, PaymentStatus, Refund, RefundStatus
from payments.refunds import request_refund

_ACTOR = "payments"
_TAKEN = ("status", "received_amount", "received_currency", "succeeded_at", "charge_reference")
_AS_READ: Final = "id = %s AND status = %s AND charge_reference = %s"
_TAKE = RowUpdate(Payment, _TAKEN, where=_AS_READ)
_MOVE = RowUpdate(Payment, ["status"], where=_AS_READ)
_NAME_CHARGE = RowUpdate(Payment, ["charge_reference"], where=_AS_READ)
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

    With `may_revive`, an order that expired is revived by late money if its units are there. If they go
    meanwhile, OutOfStock, AllowanceExceeded, PointsMissing or StockConflict leaves the transaction, which
    must be rolled back then. Without it, late money goes back.
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
    _write(_MOVE, payment, [status])
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
            _write(_NAME_CHARGE, payment, [event.charge_reference])
        return EventOutcome.DUPLICATE
    is_exact = (event.amount, event.currency) == (payment.amount, payment.currency)
    status = PaymentStatus.SUCCEEDED if is_exact else PaymentStatus.REVIEW
    amount = event.amount or 0
    _write(_TAKE, payment, [status, amount, event.currency, now, event.charge_reference])
    payment.received_amount = amount
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


def _write(change: RowUpdate, payment: Payment, values: Sequence[Any]) -> None:
    """Change a payment that is still as it was read. Raises StockConflict if it is not."""
    as_read = [payment.id, payment.status, payment.charge_reference]
    if execute_together([change.prepare(values, as_read)]) != 1:
        raise StockConflict


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
        try:
            revival = plan_revival(order=order)
        except OutOfStock:
            # Nothing is claimed yet, so this transaction can write the refund.
            revival = None
        if revival is not None:
            revive_cancelled(revival, now=now)
            return EventOutcome.LATE_RESERVED
    request_refund(
        payment=payment, amount=payment.received_amount, reason="paid too late", actor=_ACTOR, now=now
    )
    return EventOutcome.LATE_REFUNDED
