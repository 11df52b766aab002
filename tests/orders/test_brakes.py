"""Brakes: what is held by orders nobody has paid, for one customer and from one address."""

import datetime as dt
import uuid
from dataclasses import replace

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.ids import new_ids
from orders.errors import InvalidOrder, TooManyUnpaid
from orders.models import Order
from orders.numbers import number_for
from orders.services import cancel_order, place_order, sweep_expired_orders
from orders.types import UnpaidLimits
from tests.builders import NOW, make_draft, make_payment_callback, make_stock_item
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db(transaction=True)

LIMITS = UnpaidLimits(per_customer=10, per_address=20)
HOUSE = "203.0.113.7"


@pytest.fixture
def item():
    return make_stock_item(on_hand=10_000)


@pytest.fixture
def customer():
    return get_user_model().objects.create_user("ann", "ann@example.com").id


def buy(item, quantity, *, customer=None, address="", limits=LIMITS, key=None, unit_price=1000, now=NOW):
    draft = make_draft((item, quantity), unit_price=unit_price, due_at=now + dt.timedelta(minutes=15))
    return place_order(
        draft=replace(draft, customer_id=customer, client_address=address),
        idempotency_scope="test",
        idempotency_key=key or uuid.uuid4().hex,
        unpaid_limits=limits,
        now=now,
    )


def test_a_customer_holds_units_up_to_the_limit_and_not_one_more(item, customer):
    buy(item, 6, customer=customer)
    buy(item, 4, customer=customer)
    with pytest.raises(TooManyUnpaid) as refusal:
        buy(item, 1, customer=customer)
    assert (refusal.value.open_units, refusal.value.limit) == (10, 10)
    assert str(refusal.value) == "unpaid orders hold 10 units already; the limit is 10"
    assert Order.objects.count() == 2


def test_an_address_holds_units_up_to_its_own_limit_whoever_buys(item):
    buy(item, 12, address=HOUSE)
    buy(item, 8, address=HOUSE)
    with pytest.raises(TooManyUnpaid) as refusal:
        buy(item, 1, address=HOUSE)
    assert (refusal.value.open_units, refusal.value.limit) == (20, 20)
    buy(item, 1, address="203.0.113.8")


def test_a_customer_is_held_at_every_address(item, customer):
    buy(item, 10, customer=customer, address=HOUSE)
    with pytest.raises(TooManyUnpaid):
        buy(item, 1, customer=customer, address="203.0.113.8")


def test_a_first_order_may_be_of_any_size(item, customer):
    buy(item, 5000, customer=customer, address=HOUSE)
    with pytest.raises(TooManyUnpaid):
        buy(item, 1, customer=customer)


def test_strangers_without_account_and_address_are_not_counted(item):
    for _ in range(3):
        buy(item, 30)


@pytest.mark.parametrize("limits", [UnpaidLimits(0, 0), UnpaidLimits()])
def test_a_limit_of_nothing_is_no_limit(item, customer, limits):
    for _ in range(3):
        buy(item, 30, customer=customer, address=HOUSE, limits=limits)


def test_each_limit_can_be_switched_off_alone(item, customer):
    for _ in range(2):
        buy(item, 30, customer=customer, address=HOUSE, limits=UnpaidLimits(per_customer=100))
    with pytest.raises(TooManyUnpaid):
        buy(item, 1, customer=customer, address=HOUSE, limits=UnpaidLimits(per_address=60))


def test_what_is_paid_holds_nothing(item, customer):
    order = buy(item, 10, customer=customer, address=HOUSE).order
    make_payment_callback(order).deliver()
    buy(item, 10, customer=customer, address=HOUSE)


def test_what_is_cancelled_holds_nothing(item, customer):
    order = buy(item, 10, customer=customer, address=HOUSE).order
    cancel_order(number=order.number, reason="customer", actor="test", now=NOW)
    buy(item, 10, customer=customer, address=HOUSE)


def test_what_is_past_its_deadline_holds_nothing_also_before_the_sweep(item, customer):
    buy(item, 10, customer=customer, address=HOUSE)
    later = NOW + dt.timedelta(minutes=16)
    buy(item, 10, customer=customer, address=HOUSE, now=later)


def test_an_order_with_nothing_to_pay_is_not_counted_and_not_refused(item, customer):
    buy(item, 30, customer=customer, unit_price=0)
    buy(item, 10, customer=customer)
    buy(item, 30, customer=customer, unit_price=0)


def test_a_repeated_request_gets_its_order_however_much_is_open(item, customer):
    first = buy(item, 10, customer=customer, key="again")
    again = buy(item, 10, customer=customer, key="again")
    assert (again.replayed, again.order.number) == (True, first.order.number)


@pytest.mark.parametrize("end", ["paid", "cancelled", "expired"])
def test_the_address_is_kept_while_it_counts_and_no_longer(item, end):
    order = buy(item, 1, address=HOUSE).order
    assert Order.objects.get().client_address == HOUSE
    if end == "paid":
        make_payment_callback(order).deliver()
    elif end == "cancelled":
        cancel_order(number=order.number, reason="staff", actor="test", now=NOW)
    else:
        sweep_expired_orders(now=NOW + dt.timedelta(hours=1))
    assert Order.objects.get().client_address == ""


def test_the_address_of_an_order_with_nothing_to_pay_is_not_kept(item):
    buy(item, 1, address=HOUSE, unit_price=0)
    assert Order.objects.get().client_address == ""


def test_an_address_that_does_not_fit_is_refused(item):
    with pytest.raises(InvalidOrder):
        buy(item, 1, address="x" * 46)


def test_an_order_knows_how_many_units_it_holds(item):
    draft = make_draft((item, 3), (item, 4))
    place_order(draft=draft, idempotency_scope="test", idempotency_key="k", now=NOW)
    assert (Order.objects.get().units, draft.units) == (7, 7)


def say(work):
    with CaptureQueriesContext(connection) as said:
        work()
    return [query["sql"] for query in said if "payment_due_at >=" in query["sql"]]


def test_customer_and_address_are_one_question_and_nobody_is_none(item, customer):
    assert len(say(lambda: buy(item, 1, customer=customer, address=HOUSE))) == 1
    assert say(lambda: buy(item, 1)) == []
    assert say(lambda: buy(item, 1, customer=customer, limits=UnpaidLimits(per_address=1))) == []


def make_history(customer, count):
    """Write orders this customer paid long ago."""
    long_ago = NOW - dt.timedelta(days=30)
    Order.objects.bulk_create(
        Order(
            id=id_,
            number=number_for(id_),
            status="paid",
            currency="USD",
            total_amount=1,
            units=1,
            email="ann@example.com",
            customer_id=customer,
            client_address=HOUSE,
            idempotency_scope="history",
            idempotency_key=str(id_),
            placed_at=long_ago,
            payment_due_at=long_ago,
            paid_at=long_ago,
        )
        for id_ in new_ids(count)
    )


def count_rows_read():
    """Return how many rows this session has read until now."""
    return sum(int(value) for _name, value in run_sql("SHOW SESSION STATUS LIKE 'Handler_read%%'"))


def test_a_long_history_is_not_read(item, customer):
    make_history(customer, 3000)
    (question,) = say(lambda: buy(item, 1, customer=customer, address=HOUSE))
    before = count_rows_read()
    run_sql(question)
    assert count_rows_read() - before < 50
