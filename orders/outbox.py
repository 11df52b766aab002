"""The outbox: what must happen outside the database, written with its cause and delivered at least once.

Delivery leases a batch in a short transaction (SKIP LOCKED, so workers share the queue), runs the handlers
outside of any transaction, and then notes the result. A worker that dies in between leaves the lease to run
out, so a handler may see a message twice and must recognise its key.
"""

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from inventory.ids import new_ids
from inventory.transactions import require_transaction, run_in_transaction
from orders.models import OutboxMessage

Handler = Callable[[str, Mapping[str, Any]], None]

logger = logging.getLogger(__name__)
_handlers: dict[str, Handler] = {}

MAX_ATTEMPTS = 12
LEASE = dt.timedelta(seconds=60)
_FIRST_PAUSE = dt.timedelta(seconds=2)
_LONGEST_PAUSE = dt.timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message, leased to this worker."""

    id: int
    topic: str
    key: str
    payload: Mapping[str, Any]
    attempts: int


def connect(topic: str, handler: Handler) -> None:
    """Name the function that delivers a topic, `handler(key, payload)`.

    If it raises, the message comes again later.
    """
    _handlers[topic] = handler


def list_topics() -> list[str]:
    """Return every topic that has a handler."""
    return sorted(_handlers)


def enqueue(*, topic: str, payloads: Mapping[str, Mapping[str, Any]], now: dt.datetime) -> None:
    """Write messages, given by key, beside what caused them. Needs a transaction."""
    require_transaction()
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            id=id_,
            topic=topic,
            key=key,
            payload=dict(payload),
            created_at=now,
            deliver_after=now,
            is_waiting=True,
        )
        for id_, (key, payload) in zip(new_ids(len(payloads)), payloads.items(), strict=True)
    )


def deliver_outbox(*, now: dt.datetime, limit: int = 100) -> int:
    """Deliver the messages that are due and return how many were delivered. Opens transactions of its own."""
    leased = run_in_transaction(lambda: _lease(now=now, limit=limit))
    return sum(_deliver(delivery, now=now) for delivery in leased)


def requeue(*, message_ids: list[int], now: dt.datetime) -> int:
    """Give parked messages another round of attempts; return how many. One statement, in autocommit."""
    return OutboxMessage.objects.filter(id__in=message_ids, parked_at__isnull=False).update(
        parked_at=None, is_waiting=True, attempts=0, deliver_after=now
    )


def _lease(*, now: dt.datetime, limit: int) -> list[Delivery]:
    due = OutboxMessage.objects.filter(is_waiting=True, deliver_after__lte=now).order_by("deliver_after")
    messages = list(due.select_for_update(skip_locked=True)[:limit])
    # A message whose handler kills its worker leaves no failure behind, only leases that ran out.
    deadly = [message.id for message in messages if message.attempts >= MAX_ATTEMPTS]
    OutboxMessage.objects.filter(id__in=deadly).update(
        is_waiting=False, parked_at=now, latest_error="its worker died in every attempt"
    )
    leased = [message for message in messages if message.attempts < MAX_ATTEMPTS]
    OutboxMessage.objects.filter(id__in=[message.id for message in leased]).update(
        attempts=F("attempts") + 1, deliver_after=now + LEASE
    )
    return [Delivery(m.id, m.topic, m.key, m.payload, m.attempts + 1) for m in leased]


def _deliver(delivery: Delivery, *, now: dt.datetime) -> bool:
    try:
        _handlers[delivery.topic](delivery.key, delivery.payload)
    except Exception as error:
        # Whatever a handler raises, its message must neither vanish nor stop the others.
        logger.warning("outbox message %s failed (attempt %d): %r", delivery.key, delivery.attempts, error)
        _note_failure(delivery, error, now=now)
        return False
    OutboxMessage.objects.filter(id=delivery.id).update(is_waiting=False, delivered_at=now, latest_error="")
    return True


def _note_failure(delivery: Delivery, error: Exception, *, now: dt.datetime) -> None:
    message = OutboxMessage.objects.filter(id=delivery.id, delivered_at__isnull=True)
    text = repr(error)[:500]
    if delivery.attempts >= MAX_ATTEMPTS:
        message.update(is_waiting=False, parked_at=now, latest_error=text)
        return
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (delivery.attempts - 1))
    message.update(deliver_after=now + pause, latest_error=text)
