"""Points of one customer, spent, returned, earned and taken back by many at once: never below zero, exact."""

import uuid
from functools import partial

import pytest

from config.books import check_books
from inventory.contention import contention_counts
from inventory.transactions import run_in_transaction
from orders.errors import PointsBooked, PointsMissing
from orders.points.ledger import Booking, credit, spend, take_back
from orders.points.models import EntryKind
from orders.services import adjust_points, cancel_order, earn_points, revoke_points, sweep_expired_orders
from payments.services import refund_order
from tests.builders import NOW, make_customer, make_payment_callback
from tests.concurrency.race import race
from tests.concurrency.test_orders_race import LATER
from tests.orders.spending import buy_with_points, list_entries, read_balance


@pytest.fixture(autouse=True)
def _rates(settings):
    settings.POINTS_PER_UNIT, settings.POINT_VALUE = 1, 1


def test_fifty_checkouts_at_once_spend_no_more_than_there_is(make_item, switching, assert_sold):
    item, ann = make_item(100), make_customer(points=100)
    with switching(item):
        outcome = race([lambda: buy_with_points(item, ann, 7)] * 50)
    assert len(outcome.results) == 14
    assert outcome.count_errors(PointsMissing) == 36
    assert all(error.balance < 7 for error in outcome.get_errors(PointsMissing))
    assert read_balance(ann) == (2, 0)
    assert_sold(item, 14)


def test_nobody_is_refused_while_there_are_points(make_item, switching, assert_sold):
    item = make_item(100)
    customers = [make_customer(points=40) for _ in range(5)]
    with switching(item):
        outcome = race([partial(buy_with_points, item, customers[n % 5], 5) for n in range(40)])
    assert outcome.errors == []
    assert {read_balance(customer) for customer in customers} == {(0, 0)}
    assert_sold(item, 40)


def test_one_key_sent_many_times_at_once_spends_once(make_item, assert_sold):
    item, ann, key = make_item(100), make_customer(points=10), uuid.uuid4().hex
    outcome = race([lambda: buy_with_points(item, ann, 10, key=key)] * 24)
    assert outcome.errors == []
    assert len({placed.order.number for placed in outcome.results}) == 1
    assert sum(not placed.replayed for placed in outcome.results) == 1
    assert read_balance(ann) == (0, 0)
    assert_sold(item, 1)


def test_points_come_back_once_from_customers_and_sweeps_at_once(make_item, assert_sold):
    item = make_item(200)
    customers = [make_customer(points=100) for _ in range(4)]
    orders = [buy_with_points(item, customers[n % 4], 10).order for n in range(40)]
    cancels = [
        lambda number=order.number: cancel_order(number=number, reason="customer", actor="test", now=LATER)
        for order in orders[:15]
        for _ in range(2)
    ]
    before = contention_counts()["deadlocks"]
    outcome = race([*cancels, *[lambda: sweep_expired_orders(now=LATER, batch_size=7)] * 4])
    assert outcome.errors == []
    assert contention_counts()["deadlocks"] == before
    assert {read_balance(customer) for customer in customers} == {(100, 0)}
    assert_sold(item, 0)


def test_points_that_come_back_can_be_spent_again_and_never_twice(make_item, switching, assert_sold):
    item, ann = make_item(100), make_customer(points=30)
    orders = [buy_with_points(item, ann, 10).order for _ in range(3)]
    cancels = [
        lambda number=order.number: cancel_order(number=number, reason="customer", actor="test", now=NOW)
        for order in orders
    ]
    with switching(item):
        outcome = race([*cancels, *[lambda: buy_with_points(item, ann, 10)] * 20])
    placed = len(outcome.results) - 3
    assert outcome.count_errors(PointsMissing) == 20 - placed
    assert read_balance(ann) == (30 - 10 * placed, 0)
    assert_sold(item, placed)


def test_late_money_and_another_order_do_not_both_get_the_last_points(make_item, assert_sold):
    item, ann = make_item(100), make_customer(points=10)
    order = buy_with_points(item, ann, 10).order
    callback = make_payment_callback(order)
    sweep_expired_orders(now=LATER)
    outcome = race([lambda: callback.deliver(now=LATER), lambda: buy_with_points(item, ann, 10)])
    outcome.count_errors(PointsMissing)
    assert read_balance(ann) == (0, 0)
    assert_sold(item, 1)


def test_points_are_earned_and_taken_back_once_whoever_is_first(make_item):
    item, ann = make_item(100), make_customer()
    order = buy_with_points(item, ann, 0).order
    make_payment_callback(order).deliver()
    race(
        [
            *[lambda: earn_points(order_id=order.id, now=NOW)] * 8,
            *[lambda: refund_order(number=order.number, reason="wish", actor="test", now=NOW)] * 4,
            *[lambda: revoke_points(order_id=order.id, reason="undone", now=NOW)] * 4,
        ]
    )
    assert read_balance(ann) == (0, 0)
    # Undone before it was done, it says that there is nothing to earn.
    nothing, both = [("earn", 0, 0)], [("earn", 10, 0), ("take_back", -10, 0)]
    assert list_entries(ann) in (nothing, both)
    assert check_books() == []


def test_what_is_owed_is_paid_off_once_by_points_that_come_back_at_once(make_item):
    item, ann = make_item(100), make_customer(points=60)
    earned = buy_with_points(item, ann, 0).order
    make_payment_callback(earned).deliver()
    earn_points(order_id=earned.id, now=NOW)
    orders = [buy_with_points(item, ann, 10).order for _ in range(7)]
    revoke_points(order_id=earned.id, reason="undone", now=NOW)
    assert read_balance(ann) == (0, 10)
    cancels = [
        partial(cancel_order, number=order.number, reason="staff", actor="test", now=NOW) for order in orders
    ]
    outcome = race(cancels)
    assert outcome.errors == []
    assert read_balance(ann) == (60, 0)
    assert check_books() == []


def test_points_are_taken_back_while_they_are_being_spent(make_item):
    item, ann = make_item(100), make_customer()
    order = buy_with_points(item, ann, 0, quantity=3).order
    make_payment_callback(order).deliver()
    earn_points(order_id=order.id, now=NOW)
    outcome = race(
        [
            *[lambda: buy_with_points(item, ann, 1)] * 20,
            lambda: revoke_points(order_id=order.id, reason="undone", now=NOW),
        ]
    )
    refused = outcome.count_errors(PointsMissing)
    assert read_balance(ann) == (0, 20 - refused)
    assert check_books() == []


def test_staff_and_customers_at_once_lose_no_point(make_item, assert_sold):
    item, ann = make_item(100), make_customer(points=20)

    def adjust(points, reference):
        adjust_points(customer_id=ann, points=points, reference=reference, reason="", actor="test", now=NOW)

    outcome = race(
        [
            *[partial(adjust, 5, f"gift:{n % 6}") for n in range(12)],
            *[partial(adjust, -3, f"loss:{n}") for n in range(6)],
            *[lambda: buy_with_points(item, ann, 2)] * 6,
        ]
    )
    outcome.count_errors(PointsBooked, PointsMissing)
    missed = len(outcome.errors) - 6
    assert sum(isinstance(error, PointsBooked) for error in outcome.errors) == 6
    balance, owed = read_balance(ann)
    assert (balance >= 0, owed) == (True, 0)
    if not missed:
        assert balance == 20 + 6 * 5 - 6 * 3 - 6 * 2
    assert check_books() == []


def test_points_that_come_to_somebody_new_pay_off_a_debt_made_at_that_moment(proxied):
    ann = make_customer()
    earn, take = EntryKind.EARN, EntryKind.TAKE_BACK

    def owe():
        def book():
            credit([Booking(ann, earn, 10, "first")], actor="test", now=NOW)
            spend(Booking(ann, EntryKind.SPEND, 10, "second"), actor="test", now=NOW)
            take_back(Booking(ann, take, 10, "first"), actor="test", now=NOW)

        assert race([partial(run_in_transaction, book)]).errors == []

    proxied.interrupt("INSERT INTO `orders_pointsbalance`", owe)
    run_in_transaction(lambda: credit([Booking(ann, earn, 15, "third")], actor="test", now=NOW))
    assert read_balance(ann) == (5, 0)
