"""What applying an event costs, by outcome: queries with BEGIN and COMMIT, and statements between these."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.services import cancel_order, sweep_expired_orders
from payments.models import EventOutcome, GatewayEvent
from payments.services import apply_event
from tests.builders import NOW, Callback, buy
from tests.payments.making import Sale, make_paid_sale, make_sale, reopen

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + dt.timedelta(hours=1)
BUDGET = 12


def keep(callback: Callback) -> int:
    """Keep an event as the inbox does, and leave it to wait; return its key."""
    event = GatewayEvent.objects.create(
        gateway="sandbox",
        event_id=callback.headers["Webhook-Id"],
        body=callback.body.decode(),
        received_at=NOW,
        apply_after=NOW,
    )
    return event.pk


def apply_counted(callback: Callback) -> tuple[str, int, int]:
    """Apply an event; return its outcome, the queries as Django counts them, and the statements in them."""
    event_pk = keep(callback)
    with CaptureQueriesContext(connection) as captured:
        apply_event(event_pk=event_pk, now=LATER)
    # Some queries carry more than one statement, and one of them brings the COMMIT along.
    statements = [sql for query in captured for sql in query["sql"].split("; ")]
    inside = [sql for sql in statements if sql not in ("BEGIN", "COMMIT")]
    return GatewayEvent.objects.get(pk=event_pk).outcome, len(captured), len(inside)


def pay() -> Callback:
    return make_sale().make_event()


def pay_again() -> Callback:
    sale = make_paid_sale()
    return sale.make_event()


def pay_in_two_ways() -> Callback:
    sale = make_sale()
    sale.tell("charge.declined")
    second = reopen(sale)
    second.tell()
    return sale.make_event()


def pay_too_little() -> Callback:
    return make_sale().make_event(amount=1)


def pay_what_was_cancelled() -> Callback:
    sale = make_sale()
    cancel_order(number=sale.order.number, reason="customer", actor="x", now=NOW)
    return sale.make_event()


def expire() -> Sale:
    sale = make_sale()
    assert sweep_expired_orders(now=LATER).cancelled == 1
    return sale


def pay_what_expired() -> Callback:
    return expire().make_event()


def pay_what_others_have() -> Callback:
    sale = expire()
    buy((sale.item, 5))
    return sale.make_event()


def decline() -> Callback:
    return make_sale().make_event("charge.declined")


def decline_what_is_paid() -> Callback:
    return make_paid_sale().make_event("charge.declined")


def tell_of_nothing() -> Callback:
    return make_sale().make_event("charge.looked_at", reference="nothing")


def tell_of_a_stranger() -> Callback:
    return make_sale().make_event(reference="nothing")


def tell_nonsense() -> Callback:
    return make_sale().make_event(amount="much")


@pytest.mark.parametrize(
    ("make", "outcome"),
    [
        (pay, EventOutcome.APPLIED),
        (pay_again, EventOutcome.DUPLICATE),
        (pay_in_two_ways, EventOutcome.REFUNDED_DUPLICATE),
        (pay_too_little, EventOutcome.AMOUNT_MISMATCH),
        (pay_what_was_cancelled, EventOutcome.LATE_REFUNDED),
        (pay_what_expired, EventOutcome.LATE_RESERVED),
        (pay_what_others_have, EventOutcome.LATE_REFUNDED),
        (decline, EventOutcome.APPLIED),
        (decline_what_is_paid, EventOutcome.IGNORED),
        (tell_of_nothing, EventOutcome.IGNORED),
        (tell_of_a_stranger, EventOutcome.WAITING),
        (tell_nonsense, EventOutcome.REVIEW),
    ],
)
def test_an_event_is_applied_within_twelve_statements(make: Callable[[], Callback], outcome: str) -> None:
    ended, queries, statements = apply_counted(make())
    assert ended == outcome
    assert max(queries, statements) <= BUDGET
