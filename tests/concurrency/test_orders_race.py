"""Promises 2 to 4: the same checkout once, stock back once, whoever comes first."""

import datetime as dt
import random
from collections.abc import Callable

import pytest

from inventory.errors import OutOfStock
from inventory.selectors import get_stock_level
from inventory.services import adjust, receive, set_on_hand
from orders import selectors
from orders.errors import IdempotencyKeyReused, OrderNotCancellable
from orders.services import cancel_order, place_order, sweep_expired_orders
from tests.builders import NOW, buy, make_draft, make_payment_callback
from tests.concurrency.race import race

LATER = NOW + dt.timedelta(hours=1)


def cancel(order):
    """Cancel an order, as its customer does."""
    return cancel_order(number=order.number, reason="customer", actor="test", now=NOW)


def test_the_same_key_32_times_at_once_gives_one_order(make_item, switching, assert_sold):
    item = make_item(5)
    with switching(item):
        outcome = race([lambda: buy((item, 2), key="the same")] * 32)
    assert outcome.errors == []
    assert len({placed.order.number for placed in outcome.results}) == 1
    assert [placed.replayed for placed in outcome.results].count(False) == 1
    assert_sold(item, 2)


def test_the_same_key_gives_its_order_also_when_it_bought_the_last_unit(make_item, assert_sold):
    item = make_item(1)
    outcome = race([lambda: buy((item, 1), key="the last")] * 16)
    assert outcome.errors == []
    assert len({placed.order.number for placed in outcome.results}) == 1
    assert_sold(item, 1)


def test_a_key_used_for_two_requests_at_once_serves_only_one_of_them(make_item, assert_sold):
    item = make_item(50)

    def buy_with(fingerprint):
        draft = make_draft((item, 1))
        return place_order(
            draft=draft, idempotency_scope="test", idempotency_key="k", fingerprint=fingerprint, now=NOW
        )

    outcome = race([lambda: buy_with("one"), lambda: buy_with("two")] * 8)
    assert outcome.count_errors(IdempotencyKeyReused) == 8
    assert len({placed.order.number for placed in outcome.results}) == 1
    assert_sold(item, 1)


def test_cancelling_twice_at_once_returns_stock_once(make_item, switching, assert_sold):
    item = make_item(5)
    order = buy((item, 3)).order
    with switching(item):
        outcome = race([lambda: cancel(order)] * 12)
    assert outcome.errors == []
    assert {result.status for result in outcome.results} == {"cancelled"}
    assert_sold(item, 0)


def test_ten_sweeps_at_once_return_each_unit_once(make_item, switching, assert_sold):
    item, other = make_item(60), make_item(60)
    for _ in range(30):
        buy((item, 1), (other, 2))
    with switching(item, other):
        outcome = race([lambda: sweep_expired_orders(now=LATER, batch_size=7)] * 10)
    assert outcome.errors == []
    assert sum(report.cancelled for report in outcome.results) == 30
    assert sum(report.parked for report in outcome.results) == 0
    assert sum(report.units_released for report in outcome.results) == 90
    assert_sold(item, 0)
    assert_sold(other, 0)


@pytest.mark.parametrize("late_payment", ["reserve", "refund"])
def test_an_order_paid_cancelled_and_swept_at_once_ends_in_one_way(
    make_item, switching, assert_sold, settings, late_payment
):
    settings.LATE_PAYMENT = late_payment
    item = make_item(40)
    orders = [buy((item, 1)).order for _ in range(10)]
    callbacks = [make_payment_callback(order) for order in orders]
    racers: list[Callable[[], object]] = [
        *[callback.deliver for callback in callbacks for _ in range(2)],
        *[lambda order=order: cancel(order) for order in orders],
        *[lambda: sweep_expired_orders(now=LATER)] * 3,
    ]
    random.shuffle(racers)
    with switching(item):
        outcome = race(racers)
    outcome.count_errors(OrderNotCancellable)
    receipts = [callback.deliver() for callback in callbacks]
    assert all(receipt.duplicate for receipt in receipts)
    possible = {"applied", "late_refunded"} | ({"late_reserved"} if late_payment == "reserve" else set())
    assert {receipt.outcome for receipt in receipts} <= possible
    statuses = [selectors.get_order(number=order.number).status for order in orders]
    assert set(statuses) <= {"paid", "cancelled"}
    assert statuses.count("cancelled") == [receipt.outcome for receipt in receipts].count("late_refunded")
    assert_sold(item, statuses.count("paid"))


def test_restock_cancel_expire_and_pay_race_with_sales(make_item, switching, assert_sold):
    item = make_item(20)
    to_cancel = [buy((item, 1)).order for _ in range(4)]
    to_pay = [make_payment_callback(buy((item, 1)).order) for _ in range(4)]
    for _ in range(4):
        buy((item, 1), due_at=NOW - dt.timedelta(seconds=1))

    def sell():
        placed = 0
        for _ in range(5):
            try:
                buy((item, 1))
                placed += 1
            except OutOfStock:
                pass
        return placed

    def restock():
        for _ in range(5):
            receive(sku=item.sku, quantity=2, actor="test", reason="delivery", now=NOW)
        adjust(sku=item.sku, delta=3, actor="test", reason="found", now=NOW)

    with switching(item):
        outcome = race(
            [sell] * 8
            + [restock]
            + [lambda: sweep_expired_orders(now=NOW)]
            + [lambda order=order: cancel(order) for order in to_cancel]
            + [callback.deliver for callback in to_pay]
        )
    assert outcome.errors == []
    sold = 4 + sum(result for result in outcome.results if isinstance(result, int))
    assert_sold(item, sold, received=13)


def test_thousands_of_plus_ones_and_minus_ones_end_at_the_exact_number(make_item, assert_sold):
    item = make_item(100)

    def up_and_down():
        for _ in range(20):
            adjust(sku=item.sku, delta=1, actor="test", reason="found", now=NOW)
            adjust(sku=item.sku, delta=-1, actor="test", reason="lost", now=NOW)

    outcome = race([up_and_down] * 10)
    assert outcome.errors == []
    level = get_stock_level(sku=item.sku)
    assert (level.available, level.version) == (100, item.version + 400)
    assert_sold(item, 0)


def test_stock_counted_by_hand_during_a_sale_keeps_every_sale(make_item, switching, assert_sold):
    item = make_item(200)

    def count():
        for _ in range(10):
            set_on_hand(sku=item.sku, on_hand=200, actor="test", reason="counted", now=NOW)
            adjust(sku=item.sku, delta=5, actor="test", reason="found", now=NOW)

    def sell():
        for _ in range(10):
            buy((item, 1))

    with switching(item):
        outcome = race([sell] * 6 + [count] * 3)
    assert outcome.errors == []
    set_on_hand(sku=item.sku, on_hand=200, actor="test", reason="counted", now=NOW)
    assert_sold(item, 60)
