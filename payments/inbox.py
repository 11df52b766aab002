"""The inbox: every event a gateway sends is kept as it came, then read and applied, and ends in one outcome.

A signed event is committed before anything is made of it, whatever it says. Applying it takes the event's
row, then the order, the payment and, for late money, stock: the lock law of docs/locking.md. What cannot be
applied yet is tried again, and in the end waits for staff; what cannot be read waits for staff at once.
"""

import datetime as dt
import hashlib
import logging
import time
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from inventory.errors import OutOfStock, StockBusy
from inventory.rows import RowRead
from inventory.transactions import run_in_transaction
from orders.errors import AllowanceExceeded, PointsMissing
from orders.services import lock_state
from payments.event_columns import (
    check_fit,
    lock_event,
    lock_event_if_free,
    read_event,
    to_columns,
    write_event,
)
from payments.gateways.base import EventContent, EventKind
from payments.gateways.registry import get_gateway
from payments.models import EventOutcome, GatewayEvent, Payment
from payments.settling import settle_event
from payments.types import EventReceipt

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 10
_FIRST_PAUSE = dt.timedelta(seconds=5)
_LONGEST_PAUSE = dt.timedelta(hours=1)
# Outcomes after which nothing was written but the event itself, so that it can be applied from the start.
REAPPLICABLE = (EventOutcome.UNKNOWN_REFERENCE, EventOutcome.REVIEW)
LEFT_TO_STAFF = (*REAPPLICABLE, EventOutcome.AMOUNT_MISMATCH)
_LONGEST_ID = 100
_PAYMENTS = RowRead(Payment)


def receive_event(*, gateway: str, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> EventReceipt:
    """Verify, keep and apply one callback. An event seen before changes nothing.

    Raises UnknownGateway and InvalidSignature, and keeps nothing then. Whatever is signed is kept, also what
    cannot be read. Opens its own transactions. The receipt's outcome is empty while the event waits; the
    gateway need not send it again.
    """
    event_id = get_gateway(gateway).verify_event(headers=headers, body=body)
    text = body.decode("utf-8", "backslashreplace")
    return _take(_describe(gateway, event_id, text, now), now)


def record_event(
    *, gateway: str, event_id: str, body: str, content: EventContent, now: dt.datetime
) -> EventReceipt:
    """Keep and apply what was not told by callback: a line of a statement, what staff saw, a gateway's list.

    `body` says where it comes from. An event recorded before changes nothing. Raises MalformedEvent if a
    value fits no column. Opens its own transactions.
    """
    check_fit(content)
    return _take({**_describe(gateway, event_id, body, now), **to_columns(gateway, content)}, now)


def record_unreadable(
    *, gateway: str, event_id: str, body: str, problem: str, now: dt.datetime
) -> EventReceipt:
    """Keep what tells of money and not of whose, for staff. Opens its own transaction."""
    left = {"outcome": EventOutcome.REVIEW, "settled_at": now, "latest_error": problem[:500]}
    return _take({**_describe(gateway, event_id, body, now), **left}, now)


def close_event(*, event_pk: int) -> bool:
    """Note that staff have settled by hand what an event left to them; say whether it was left to them."""
    left = GatewayEvent.objects.filter(pk=event_pk, outcome__in=LEFT_TO_STAFF)
    return bool(left.update(outcome=EventOutcome.SETTLED_BY_STAFF))


def apply_pending_events(*, now: dt.datetime, limit: int = 10_000, seconds: float = 10.0) -> int:
    """Apply the events that still wait and are due; return how many have an outcome now.

    Several may do so at once: what one has locked, the others pass by. None is begun after `seconds`; the
    rest is left to the next call. Opens its own transactions.
    """
    give_up_at = time.monotonic() + seconds
    due = GatewayEvent.objects.filter(outcome=EventOutcome.WAITING, apply_after__lte=now)
    settled = 0
    for pk in list(due.order_by("apply_after").values_list("pk", flat=True)[:limit]):
        if time.monotonic() >= give_up_at:
            break
        settled += apply_event(event_pk=pk, now=now, pass_locked=True)
    return settled


def apply_event(*, event_pk: int, now: dt.datetime, pass_locked: bool = False) -> bool:
    """Apply one kept event; say whether it has an outcome now. Opens its own transaction.

    With `pass_locked`, one that somebody else is applying is left to them. Contention leaves the event as it
    is, to be tried again soon. Whatever else goes wrong is noted on it; it is tried again with growing
    pauses, and at last left to staff.
    """
    try:
        return _apply_or_send_back(event_pk, now, pass_locked=pass_locked)
    except StockBusy:
        return False
    except Exception as error:
        logger.exception("gateway event %s could not be applied", event_pk)
        problem = repr(error)
        run_in_transaction(lambda: _note_failure(event_pk, problem, now))
        return False


def reapply_event(*, event_pk: int, now: dt.datetime) -> bool:
    """Give an event that was left to staff another round of attempts, the first one now.

    Says whether it is settled then, without need of staff. Money that came in the wrong amount is left as it
    is: its payment is on record already. Opens its own transactions.
    """
    GatewayEvent.objects.filter(pk=event_pk, outcome__in=REAPPLICABLE).update(
        outcome=EventOutcome.WAITING, settled_at=None, attempts=0, apply_after=now
    )
    apply_event(event_pk=event_pk, now=now)
    return GatewayEvent.objects.get(pk=event_pk).outcome not in (EventOutcome.WAITING, *REAPPLICABLE)


def bound_id(event_id: str) -> str:
    """Return an id that fits its column and is still the same for the same event."""
    if len(event_id) <= _LONGEST_ID:
        return event_id
    return f"sha256:{hashlib.sha256(event_id.encode()).hexdigest()}"


def _describe(gateway: str, event_id: str, body: str, now: dt.datetime) -> dict[str, Any]:
    return {
        "gateway": gateway,
        "event_id": bound_id(event_id),
        "body": body,
        "received_at": now,
        "apply_after": now,
    }


def _take(columns: dict[str, Any], now: dt.datetime) -> EventReceipt:
    """Keep an event, and apply it if it waits."""
    event, is_new = _keep(columns)
    if event.outcome == EventOutcome.WAITING:
        apply_event(event_pk=event.pk, now=now)
        event.refresh_from_db()
    return EventReceipt(event.event_id, event.outcome, duplicate=not is_new)


def _keep(columns: dict[str, Any]) -> tuple[GatewayEvent, bool]:
    try:
        with transaction.atomic(durable=True):
            event = GatewayEvent.objects.create(**columns)
    except IntegrityError:
        known = GatewayEvent.objects.get(gateway=columns["gateway"], event_id=columns["event_id"])
        return known, False
    return event, True


def _apply_or_send_back(event_pk: int, now: dt.datetime, *, pass_locked: bool) -> bool:
    lock = lock_event_if_free if pass_locked else lock_event

    def apply(*, may_revive: bool) -> bool:
        # Locked first: of two deliveries applied at once, the second finds the outcome of the first.
        event = lock(event_pk)
        return event is not None and _apply(event, now, may_revive=may_revive)

    try:
        return run_in_transaction(lambda: apply(may_revive=True))
    except (OutOfStock, AllowanceExceeded, PointsMissing):
        # Part of the basket went after the look at it, or its customer has meanwhile had what is allowed, or
        # spent the points. The refund gets a transaction of its own: rows that were claimed before the
        # missing one would stay locked, even after a rollback to a savepoint, while it is written.
        return run_in_transaction(lambda: apply(may_revive=False))


def _apply(event: GatewayEvent, now: dt.datetime, *, may_revive: bool) -> bool:
    """Apply an event that is locked; say whether it has an outcome now."""
    if event.outcome != EventOutcome.WAITING:
        return True
    if problem := read_event(event):
        # It cannot be read, or says what cannot be: another attempt would say the same.
        return _finish(event, EventOutcome.REVIEW, None, now, problem=problem)
    payment = _find_payment(event)
    if payment is None and event.kind == EventKind.OTHER:
        return _finish(event, EventOutcome.IGNORED, None, now)
    if payment is None:
        return _postpone(event, "no payment has this reference", EventOutcome.UNKNOWN_REFERENCE, now)
    # The payment told which order, and the order is locked first; so whoever had its lock until now may have
    # moved the payment since it was read. Its writes compare it with what was read (payments.settling).
    order = lock_state(order_id=payment.order_id)
    if payment.reference is None and event.reference:
        # We crashed between the gateway's answer and our note of it: now we know what it calls this payment.
        payment.reference = event.reference
        payment.save(update_fields=["reference"])
    outcome = settle_event(event, order, payment, may_revive=may_revive, now=now)
    return _finish(event, outcome, payment, now)


def _find_payment(event: GatewayEvent) -> Payment | None:
    """Return the payment by the gateway's name for it, or by the key of ours that the gateway repeated."""
    by_reference = _PAYMENTS.find("WHERE gateway = %s AND reference = %s", (event.gateway, event.reference))
    return by_reference or event.payment


def _finish(
    event: GatewayEvent,
    outcome: EventOutcome,
    payment: Payment | None,
    now: dt.datetime,
    *,
    problem: str = "",
) -> bool:
    event.outcome, event.payment, event.settled_at = outcome, payment, now
    event.attempts, event.latest_error = event.attempts + 1, problem[:500]
    write_event(event)
    return True


def _note_failure(event_pk: int, problem: str, now: dt.datetime) -> None:
    _postpone(lock_event(event_pk), problem, EventOutcome.REVIEW, now)


def _postpone(event: GatewayEvent, problem: str, final: EventOutcome, now: dt.datetime) -> bool:
    """Note a failed attempt; after the last one the event gets its final outcome. Say whether it did."""
    if event.outcome != EventOutcome.WAITING:
        return True
    # Staff look for an event by what it says, also while it waits.
    read_event(event)
    event.attempts += 1
    event.latest_error = problem[:500]
    if is_final := event.attempts >= MAX_ATTEMPTS:
        event.outcome, event.settled_at = final, now
    else:
        event.apply_after = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (event.attempts - 1))
    write_event(event)
    return is_final
