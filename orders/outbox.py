"""The outbox: what must happen outside the database, written with its cause and delivered at least once.

Delivery leases a few messages in a short transaction (SKIP LOCKED, so workers share the queue), runs their
handlers outside of any transaction, and notes each result: a failure at once, what was delivered a moment
later, several together. A worker that dies in between leaves the lease to run out, so a handler may see a
message twice and must recognise its key. Only a message that was begun has used up an attempt. A message with
several subscribers is first replaced by one for each: what one of them cannot do keeps no other waiting, and
is not done again by those who could.
"""

import datetime as dt
import itertools
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet

from inventory.ids import new_ids
from inventory.rows import RowRead
from inventory.sql import RowInsert, Statement, execute_together, placeholders, to_driver
from inventory.transactions import require_transaction, run_in_transaction
from orders.errors import Undeliverable
from orders.fan_out import replace_shared
from orders.models import OutboxMessage
from orders.subscribers import get_handler, list_subscribers

Clock = Callable[[], dt.datetime]

_INSERT = RowInsert(
    OutboxMessage,
    ["id", "topic", "key", "payload", "created_at", "deliver_after"],
    constants={
        **dict.fromkeys(("delivered_at", "parked_at"), "NULL"),
        **dict.fromkeys(("subscriber", "latest_error"), "''"),
        "attempts": "0",
        "is_waiting": "1",
    },
)
_MESSAGES = RowRead(OutboxMessage)
_DUE = "WHERE is_waiting = 1 AND deliver_after <= %s ORDER BY deliver_after LIMIT %s FOR UPDATE SKIP LOCKED"

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 12
LEASE = dt.timedelta(seconds=60)
_LEASED_AT_ONCE = 50
# What a killed worker has delivered for so long may be delivered again.
_LONGEST_UNNOTED_SECONDS = 0.25
_FIRST_PAUSE = dt.timedelta(seconds=2)
_LONGEST_PAUSE = dt.timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Message:
    """A message to be written."""

    topic: str
    key: str
    payload: Mapping[str, Any]
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message, leased to this worker."""

    id: int
    topic: str
    subscriber: str
    key: str
    payload: Mapping[str, Any]
    attempts: int


def enqueue(*, topic: str, payloads: Mapping[str, Mapping[str, Any]], now: dt.datetime) -> None:
    """Write messages, given by key, beside what caused them. Needs a transaction."""
    require_transaction()
    if statements := prepare([Message(topic, key, payload, now) for key, payload in payloads.items()]):
        execute_together(statements)


def prepare(messages: Sequence[Message]) -> list[Statement]:
    """Return the one statement that writes these messages, or none; needs a transaction when it is sent."""
    rows = [
        (id_, message.topic, message.key, json.dumps(dict(message.payload)), *(message.created_at,) * 2)
        for id_, message in zip(new_ids(len(messages)), messages, strict=True)
    ]
    return [_INSERT.prepare(rows)] if rows else []


def deliver_outbox(
    *, now: dt.datetime, limit: int = 10_000, clock: Clock | None = None, seconds: float = 10.0
) -> int:
    """Deliver up to `limit` messages that are due at `now` or come due; return how many were delivered.

    `clock` tells the time of each lease and result; without it, time stands still at `now`. No message is
    begun after `seconds`; the rest is left to the next call. Opens transactions of its own.
    """
    clock = clock or (lambda: now)
    give_up_at = time.monotonic() + seconds
    taken = delivered = 0
    while taken < limit and time.monotonic() < give_up_at:
        leased = _take(now=clock(), limit=min(_LEASED_AT_ONCE, limit - taken))
        if leased is None:
            break
        taken += len(leased)
        delivered += _deliver_leased(leased, clock=clock, give_up_at=give_up_at)
    return delivered


def requeue(*, message_ids: list[int], now: dt.datetime) -> int:
    """Give parked messages another round of attempts; return how many. One statement, in autocommit."""
    return OutboxMessage.objects.filter(id__in=message_ids, parked_at__isnull=False).update(
        parked_at=None, is_waiting=True, attempts=0, deliver_after=now
    )


def hasten(*, key_start: str, now: dt.datetime) -> int:
    """Have waiting messages delivered now instead of after their pause; return how many.

    One that is being delivered at this moment may be delivered twice, as any other.
    """
    resting = OutboxMessage.objects.filter(key__startswith=key_start, is_waiting=True, deliver_after__gt=now)
    return resting.update(deliver_after=now)


def _take(*, now: dt.datetime, limit: int) -> list[Delivery] | None:
    """Lease messages that are due; None if there are none. The list may be empty if all had to be parked."""
    return run_in_transaction(lambda: _lease(now=now, limit=limit))


def _lease(*, now: dt.datetime, limit: int) -> list[Delivery] | None:
    messages = _MESSAGES.fetch(_DUE, (now, limit))
    if not messages:
        return None
    if messages := replace_shared(messages):
        return _lease_alive(messages, now=now)
    return []


def _lease_alive(messages: list[OutboxMessage], *, now: dt.datetime) -> list[Delivery]:
    # A message whose handler kills its worker leaves no failure behind, only leases that ran out.
    for message in messages:
        if message.attempts >= MAX_ATTEMPTS:
            found = OutboxMessage.objects.filter(id=message.id)
            _park(found, message, error="its worker died in every attempt", now=now)
    alive = [message for message in messages if message.attempts < MAX_ATTEMPTS]
    # One that was tried before may be such a message: it is leased alone, and takes no other down with it.
    fresh = list(itertools.takewhile(lambda message: not message.attempts, alive))
    leased = fresh or alive[:1]
    OutboxMessage.objects.filter(id__in=[message.id for message in leased]).update(
        attempts=F("attempts") + 1, deliver_after=now + LEASE
    )
    return [Delivery(m.id, m.topic, m.subscriber, m.key, m.payload, m.attempts + 1) for m in leased]


def _deliver_leased(leased: list[Delivery], *, clock: Clock, give_up_at: float) -> int:
    waiting = deque(leased)
    done: list[tuple[Delivery, dt.datetime]] = []
    delivered, noted_at = 0, time.monotonic()
    try:
        while waiting and time.monotonic() < give_up_at:
            delivery = waiting.popleft()
            if _deliver(delivery, clock=clock):
                done.append((delivery, clock()))
            if time.monotonic() - noted_at >= _LONGEST_UNNOTED_SECONDS:
                delivered += _note_delivered(done)
                done, noted_at = [], time.monotonic()
    finally:
        # Also when this worker is told to stop: what was not begun has used up no attempt.
        try:
            delivered += _note_delivered(done)
        finally:
            if waiting:
                _give_back(waiting, now=clock())
    return delivered


def _note_delivered(done: Sequence[tuple[Delivery, dt.datetime]]) -> int:
    """Note when each of these was delivered, but for those another worker is at by now; return how many."""
    if not done:
        return 0
    # Plain SQL: the same by the ORM takes as long as everything else that delivery itself does.
    times = [value for delivery, at in done for value in (delivery.id, to_driver(at))]
    ids = [delivery.id for delivery, _at in done]
    # Leased together are only messages with the same number of attempts.
    note = Statement(
        f"UPDATE orders_outboxmessage SET is_waiting = 0, latest_error = '',"  # noqa: S608 - no input
        f" delivered_at = CASE id {'WHEN %s THEN %s ' * len(done)}END"
        f" WHERE id IN ({placeholders(ids)}) AND is_waiting = 1 AND attempts = %s",
        (*times, *ids, done[0][0].attempts),
    )
    return run_in_transaction(lambda: execute_together([note]))


def _give_back(deliveries: Collection[Delivery], *, now: dt.datetime) -> None:
    _find_leased(deliveries).update(attempts=F("attempts") - 1, deliver_after=now)


def _deliver(delivery: Delivery, *, clock: Clock) -> bool:
    try:
        handle = get_handler(delivery.topic, subscriber=delivery.subscriber)
        handle(delivery.key, delivery.payload)
    except Exception as error:
        # Whatever a handler raises, its message must neither vanish nor stop the others.
        logger.warning("outbox message %s failed (attempt %d): %r", delivery.key, delivery.attempts, error)
        _note_failure(delivery, error, now=clock())
        return False
    return True


def _find_leased(deliveries: Collection[Delivery]) -> QuerySet[OutboxMessage]:
    """Return the messages, leased together, that are leased to this worker still.

    Past its lease another worker may be at it. What comes of that attempt counts, not what comes of this one.
    """
    # Leased together are only messages with the same number of attempts.
    attempts = max(delivery.attempts for delivery in deliveries)
    ids = [delivery.id for delivery in deliveries]
    return OutboxMessage.objects.filter(id__in=ids, is_waiting=True, attempts=attempts)


def _note_failure(delivery: Delivery, error: Exception, *, now: dt.datetime) -> None:
    message = _find_leased([delivery])
    text = repr(error)[:500]
    if delivery.attempts >= MAX_ATTEMPTS or isinstance(error, Undeliverable):
        run_in_transaction(lambda: _park(message, delivery, error=text, now=now))
        return
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (delivery.attempts - 1))
    message.update(deliver_after=now + pause, latest_error=text)


def _park(
    found: QuerySet[OutboxMessage], message: Delivery | OutboxMessage, *, error: str, now: dt.datetime
) -> None:
    """Set a message aside for staff, and tell whoever is connected to `<topic>.parked` of it."""
    parked = found.update(is_waiting=False, parked_at=now, latest_error=error)
    topic = f"{message.topic}.parked"
    if parked and list_subscribers(topic):
        payload = {"key": message.key, "payload": message.payload, "error": error}
        # Staff may give it another round: each time it is parked is told.
        enqueue(topic=topic, payloads={f"{message.key}.parked:{new_ids(1)[0]}": payload}, now=now)
