"""The inbox: every event a gateway sends is kept as it came, then applied, and ends in exactly one outcome.

An event is committed before anything is made of it. Applying it takes the event's row, then the order, the
payment and, for late money, stock: the lock law of docs/locking.md. What cannot be applied yet is tried
again, and in the end waits for staff.
"""

import datetime as dt
import logging
from collections.abc import Mapping

from django.conf import settings
from django.db import DataError, IntegrityError, transaction

from inventory.errors import OutOfStock, StockBusy
from inventory.transactions import run_in_transaction
from orders.services import lock_order, mark_paid, revive_cancelled
from orders.types import OrderView
from payments.errors import MalformedEvent
from payments.gateways.base import EventKind, ParsedEvent
from payments.gateways.registry import get_gateway
from payments.models import EventOutcome, GatewayEvent, Payment, PaymentStatus
from payments.refunds import request_refund
from payments.types import EventReceipt

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 10
_FIRST_PAUSE = dt.timedelta(seconds=5)
_LONGEST_PAUSE = dt.timedelta(hours=1)
# Outcomes after which nothing was written but the event itself, so that it can be applied from the start.
REAPPLICABLE = (EventOutcome.UNKNOWN_REFERENCE, EventOutcome.REVIEW)
_ACTOR = "payments"


def receive_event(*, gateway: str, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> EventReceipt:
    """Verify, keep and apply one callback. An event seen before changes nothing.

    Raises UnknownGateway, InvalidSignature, MalformedEvent. Opens its own transactions. The receipt's
    outcome is empty while the event waits; the gateway need not send it again.
    """
    parsed = get_gateway(gateway).parse_event(headers=headers, body=body)
    event, is_new = _keep(gateway, parsed, body, now)
    if event.outcome == EventOutcome.WAITING:
        apply_event(event_pk=event.pk, now=now)
        event.refresh_from_db()
    return EventReceipt(event.event_id, event.outcome, duplicate=not is_new)


def apply_pending_events(*, now: dt.datetime, limit: int = 100) -> int:
    """Apply the events that still wait and are due; return how many have an outcome now.

    Opens its own transactions.
    """
    due = GatewayEvent.objects.filter(outcome=EventOutcome.WAITING, apply_after__lte=now).order_by(
        "apply_after"
    )
    return sum(apply_event(event_pk=pk, now=now) for pk in list(due.values_list("pk", flat=True)[:limit]))


def apply_event(*, event_pk: int, now: dt.datetime) -> bool:
    """Apply one kept event; say whether it has an outcome now. Opens its own transaction.

    Contention leaves the event as it is, to be tried again soon. Whatever else goes wrong is noted on it;
    it is tried again with growing pauses, and at last left to staff.
    """
    try:
        return run_in_transaction(lambda: _apply(event_pk, now))
    except StockBusy:
        return False
    except Exception as error:
        logger.exception("gateway event %s could not be applied", event_pk)
        problem = repr(error)
        run_in_transaction(lambda: _postpone(event_pk, problem, EventOutcome.REVIEW, now))
        return False


def reapply_event(*, event_pk: int, now: dt.datetime) -> bool:
    """Give an event that was left to staff another round of attempts, the first one now.

    Says whether it has an outcome then. Money that came in the wrong amount is left as it is: its payment is
    on record already. Opens its own transactions.
    """
    GatewayEvent.objects.filter(pk=event_pk, outcome__in=REAPPLICABLE).update(
        outcome=EventOutcome.WAITING, settled_at=None, attempts=0, apply_after=now
    )
    return apply_event(event_pk=event_pk, now=now)


def _keep(gateway: str, parsed: ParsedEvent, body: bytes, now: dt.datetime) -> tuple[GatewayEvent, bool]:
    try:
        with transaction.atomic(durable=True):
            event = GatewayEvent.objects.create(
                gateway=gateway,
                event_id=parsed.event_id,
                kind=parsed.kind.value,
                reference=parsed.reference,
                amount=parsed.amount,
                currency=parsed.currency,
                body=body.decode("utf-8", "backslashreplace"),
                received_at=now,
                apply_after=now,
            )
    except IntegrityError:
        return GatewayEvent.objects.get(gateway=gateway, event_id=parsed.event_id), False
    except (DataError, UnicodeEncodeError) as error:
        raise MalformedEvent("a value does not fit its column") from error
    return event, True


def _apply(event_pk: int, now: dt.datetime) -> bool:
    # Locked first: of two deliveries applied at once, the second finds the outcome of the first.
    event = GatewayEvent.objects.select_for_update().get(pk=event_pk)
    if event.outcome != EventOutcome.WAITING:
        return True
    found = Payment.objects.filter(gateway=event.gateway, reference=event.reference).first()
    if found is None:
        return _postpone(event_pk, "no payment has this reference", EventOutcome.UNKNOWN_REFERENCE, now)
    order = lock_order(order_id=found.order_id)
    payment = Payment.objects.select_for_update().get(id=found.id)
    _settle(event, payment, _decide(event, order, payment, now), now)
    return True


def _decide(event: GatewayEvent, order: OrderView, payment: Payment, now: dt.datetime) -> EventOutcome:
    """Do what the event asks for and return what came of it.

    The order's and the payment's rows are locked.
    """
    if event.kind == EventKind.SUCCEEDED:
        return _take_money(event, order, payment, now)
    closing = {
        EventKind.FAILED.value: PaymentStatus.FAILED,
        EventKind.CANCELLED.value: PaymentStatus.CANCELLED,
    }
    if (status := closing.get(event.kind)) is None or payment.status != PaymentStatus.STARTED:
        return EventOutcome.IGNORED
    # The order stays as it is: its deadline neither moves nor ends, and it can be paid in another way until
    # then.
    Payment.objects.filter(id=payment.id).update(status=status)
    return EventOutcome.APPLIED


def _take_money(event: GatewayEvent, order: OrderView, payment: Payment, now: dt.datetime) -> EventOutcome:
    if payment.status in (PaymentStatus.SUCCEEDED, PaymentStatus.REVIEW):
        return EventOutcome.DUPLICATE
    is_exact = (event.amount, event.currency) == (payment.amount, payment.currency)
    payment.status = PaymentStatus.SUCCEEDED if is_exact else PaymentStatus.REVIEW
    payment.received_amount = event.amount or 0
    payment.succeeded_at = now
    payment.save(update_fields=["status", "received_amount", "succeeded_at"])
    if not is_exact:
        return EventOutcome.AMOUNT_MISMATCH
    if order.status == "pending":
        mark_paid(order_id=order.id, now=now)
        return EventOutcome.APPLIED
    if order.status == "cancelled":
        return _take_late_money(order, payment, now)
    request_refund(
        payment=payment, amount=payment.received_amount, reason="paid twice", actor=_ACTOR, now=now
    )
    return EventOutcome.REFUNDED_DUPLICATE


def _take_late_money(order: OrderView, payment: Payment, now: dt.datetime) -> EventOutcome:
    # Whoever cancelled on purpose does not want the order back; one that ran out of time was being paid.
    if settings.LATE_PAYMENT == "reserve" and order.cancel_reason == "expired":
        try:
            # A savepoint, so that a reservation that does not fit leaves the payment's own row as written.
            with transaction.atomic():
                revive_cancelled(order_id=order.id, now=now)
        except OutOfStock:
            pass
        else:
            return EventOutcome.LATE_RESERVED
    request_refund(
        payment=payment, amount=payment.received_amount, reason="paid too late", actor=_ACTOR, now=now
    )
    return EventOutcome.LATE_REFUNDED


def _settle(event: GatewayEvent, payment: Payment, outcome: EventOutcome, now: dt.datetime) -> None:
    GatewayEvent.objects.filter(pk=event.pk).update(
        outcome=outcome, payment=payment, settled_at=now, attempts=event.attempts + 1, latest_error=""
    )


def _postpone(event_pk: int, problem: str, final: EventOutcome, now: dt.datetime) -> bool:
    """Note a failed attempt; after the last one the event gets its final outcome. Say whether it did."""
    event = GatewayEvent.objects.select_for_update().get(pk=event_pk)
    if event.outcome != EventOutcome.WAITING:
        return True
    event.attempts += 1
    event.latest_error = problem[:500]
    if is_final := event.attempts >= MAX_ATTEMPTS:
        event.outcome, event.settled_at = final, now
    else:
        event.apply_after = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (event.attempts - 1))
    event.save(update_fields=["attempts", "latest_error", "outcome", "settled_at", "apply_after"])
    return is_final
