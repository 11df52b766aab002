"""What applying an event costs: statements sent to the database, BEGIN and COMMIT included, by outcome."""

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


def apply_counted(callback: Callback) -> tuple[str, int]:
    """Apply an event; return its outcome, and how many statements that took."""
    event_pk = keep(callback)
    with CaptureQueriesContext(connection) as captured:
        apply_event(event_pk=event_pk, now=LATER)
    # Some packets carry more than one.
    statements = [sql for query in captured for sql in query["sql"].split("; ")]
    if statements[-2:] == ["COMMIT", "COMMIT"]:
        # Django notes its own, also where it went with the last packet and is not sent again.
        statements.pop()
    return GatewayEvent.objects.get(pk=event_pk).outcome, len(statements)


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


def expire() -> Sale:
    sale = make_sale()
    assert sweep_expired_orders(now=LATER).cancelled == 1
    return sale


@pytest.mark.parametrize(
    ("make", "outcome"),
    [
        (pay, EventOutcome.APPLIED),
        (pay_again, EventOutcome.DUPLICATE),
        (pay_in_two_ways, EventOutcome.REFUNDED_DUPLICATE),
        (pay_too_little, EventOutcome.AMOUNT_MISMATCH),
        (pay_what_was_cancelled, EventOutcome.LATE_REFUNDED),
        (decline, EventOutcome.APPLIED),
        (decline_what_is_paid, EventOutcome.IGNORED),
        (tell_of_nothing, EventOutcome.IGNORED),
        (tell_of_a_stranger, EventOutcome.WAITING),
        (tell_nonsense, EventOutcome.REVIEW),
    ],
)
def test_an_event_is_applied_within_twelve_statements(make: Callable[[], Callback], outcome: str) -> None:
    ended, count = apply_counted(make())
    assert ended == outcome
    assert count <= BUDGET


def test_late_money_that_reserves_anew_costs_the_reservation_on_top() -> None:
    ended, count = apply_counted(expire().make_event())
    assert ended == EventOutcome.LATE_RESERVED
    assert count <= BUDGET + 5


def test_late_money_for_what_is_sold_costs_the_attempt_on_top() -> None:
    sale = expire()
    buy((sale.item, 5))
    ended, count = apply_counted(sale.make_event())
    assert ended == EventOutcome.LATE_REFUNDED
    assert count <= BUDGET + 10
