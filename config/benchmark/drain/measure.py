"""The measurement: events of paid orders are applied, then what they wrote into the outbox is delivered."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial

from django.conf import settings
from django.utils import timezone

from config.benchmark.drain.filling import fill_past, fill_waiting
from config.benchmark.drain.workers import share
from config.books import check_books
from orders.benchmark.scratch import use_scratch_database
from orders.benchmark.server import describe_durability, describe_machine, describe_server
from orders.models import OutboxMessage
from orders.services import deliver_outbox
from payments.models import EventOutcome, GatewayEvent
from payments.services import apply_pending_events

_PATIENCE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class DrainMeasurement:
    """Rates in messages per second, of all workers together; `failures` are broken promises."""

    server: str
    durability: dict[str, str]
    machine: str
    workers: int
    old_rows: int
    events: int
    events_per_second: float
    messages: int
    messages_per_second: float
    failures: list[str]


def measure_drain(
    *, events: int, old_rows: int, workers: int, report_progress: Callable[[str], None]
) -> DrainMeasurement:
    """Measure in a database of its own, with the shop's own handlers. Raises NoScratchDatabase."""
    with use_scratch_database(apps=()), _without_mail():
        now = timezone.now()
        fill_past(rows=old_rows, now=now, report_progress=report_progress)
        report_progress(f"placing {events} orders")
        fill_waiting(events=events, now=now)
        report_progress("applying their events")
        began = time.monotonic()
        share(
            partial(apply_pending_events, now=now, limit=events, seconds=_PATIENCE_SECONDS), workers=workers
        )
        applied = time.monotonic()
        report_progress("delivering what they wrote")
        messages = share(partial(_deliver, 100 * events), workers=workers)
        ended = time.monotonic()
        return DrainMeasurement(
            server=describe_server(),
            durability=describe_durability(),
            machine=describe_machine(),
            workers=workers,
            old_rows=old_rows,
            events=events,
            events_per_second=events / (applied - began),
            messages=messages,
            messages_per_second=messages / (ended - applied),
            failures=find_failures(events=events, old_rows=old_rows),
        )


def _deliver(limit: int) -> int:
    return deliver_outbox(now=timezone.now(), clock=timezone.now, limit=limit, seconds=_PATIENCE_SECONDS)


@contextmanager
def _without_mail() -> Iterator[None]:
    """Write letters and send none: nobody ordered anything."""
    usual = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    try:
        yield
    finally:
        settings.EMAIL_BACKEND = usual


def find_failures(*, events: int, old_rows: int) -> list[str]:
    """Say which event was not applied, which message not delivered, and what does not balance."""
    applied = GatewayEvent.objects.filter(outcome=EventOutcome.APPLIED).count() - old_rows
    waiting = OutboxMessage.objects.filter(delivered_at=None).count()
    checks = {
        f"of {events} events {applied} were applied": applied == events,
        f"{waiting} messages were not delivered": not waiting,
        "the books do not balance": not check_books(),
    }
    return [failure for failure, is_kept in checks.items() if not is_kept]


def to_json(measured: DrainMeasurement) -> str:
    """Return the figures for programs."""
    facts = {
        name: round(value, 1) if isinstance(value, float) else value
        for name, value in asdict(measured).items()
    }
    return json.dumps(facts, indent=2)


def to_text(measured: DrainMeasurement) -> str:
    """Return the figures for people."""
    m = measured
    return "\n".join(
        [
            f"{m.server}, {m.machine}; {m.workers} workers, {m.old_rows:,} old rows in each table",
            f"inbox   {m.events_per_second:7,.0f} events/s ({m.events:,} payments applied)",
            f"outbox  {m.messages_per_second:7,.0f} messages/s ({m.messages:,} delivered)",
        ]
    )
