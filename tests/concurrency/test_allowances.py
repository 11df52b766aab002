"""A limit for each customer holds exactly, however many orders are tried at once."""

import itertools
import uuid
from dataclasses import replace
from functools import partial

from config.books import check_books
from inventory.contention import contention_counts
from inventory.errors import OutOfStock
from orders.errors import AllowanceExceeded
from orders.models import Order, PurchaseAllowance
from orders.services import cancel_order, place_order, sweep_expired_orders
from orders.types import Allowance
from payments.services import refund_order
from tests.builders import NOW, make_draft, make_payment_callback, make_stock_item
from tests.concurrency.race import race
from tests.concurrency.test_combined import race_behind_a_leader
from tests.concurrency.test_orders_race import LATER


def buy(item, *allowances, quantity=1, key=None):
    draft = replace(make_draft((item, quantity)), allowances=allowances)
    return place_order(
        draft=draft, idempotency_scope="test", idempotency_key=key or uuid.uuid4().hex, now=NOW
    )


def take(key, limit, quantity=1):
    return Allowance(key, limit, quantity)


def read_used(key):
    return PurchaseAllowance.objects.get(key=key).used


def test_fifty_tries_at_once_give_exactly_what_is_allowed(make_item, switching, assert_sold):
    item = make_item(100)
    with switching(item):
        outcome = race([lambda: buy(item, take("ann", 2))] * 50)
    assert len(outcome.results) == 2
    assert {(e.key, e.limit, e.used) for e in outcome.get_errors(AllowanceExceeded)} == {("ann", 2, 2)}
    assert read_used("ann") == 2
    assert_sold(item, 2)


def test_an_order_of_two_units_does_not_squeeze_past_a_limit_of_three(make_item, assert_sold):
    item = make_item(100)
    buy(item, take("ann", 3))
    outcome = race([lambda: buy(item, take("ann", 3, 2), quantity=2)] * 16)
    assert len(outcome.results) == 1
    assert outcome.count_errors(AllowanceExceeded) == 15
    assert read_used("ann") == 3
    assert_sold(item, 3)


def test_whoever_changes_the_account_is_held_by_the_address(make_item, assert_sold):
    item = make_item(100)
    accounts = itertools.count()
    outcome = race([lambda: buy(item, take(f"account {next(accounts)}", 2), take("ann@example.com", 2))] * 24)
    assert len(outcome.results) == 2
    assert outcome.count_errors(AllowanceExceeded) == 22
    # Of those refused, nothing is left on their accounts either.
    assert PurchaseAllowance.objects.filter(key__startswith="account").count() == 2
    assert_sold(item, 2)


def test_keys_named_in_opposite_order_are_no_deadlock(make_item, assert_sold):
    item = make_item(1000)
    keys = [take("a", 1000), take("b", 1000)]
    buy(item, *keys)
    before = contention_counts()["deadlocks"]
    outcome = race([lambda: buy(item, *keys), lambda: buy(item, *keys[::-1])] * 20)
    assert outcome.errors == []
    assert contention_counts()["deadlocks"] == before
    assert_sold(item, 41)


def test_nobody_is_refused_while_there_is_room(make_item, switching, assert_sold):
    item = make_item(100)
    with switching(item):
        outcome = race([partial(buy, item, take(f"customer {n % 10}", 4)) for n in range(40)])
    assert outcome.errors == []
    assert set(PurchaseAllowance.objects.values_list("used", flat=True)) == {4}
    assert_sold(item, 40)


def test_an_offender_in_a_batch_costs_the_others_nothing(assert_sold):
    item, before = make_stock_item(on_hand=100, strategy="combined"), contention_counts()
    others = [lambda n=n: buy(item, take(f"customer {n}", 1)) for n in range(10)]
    outcome = race_behind_a_leader(item, *others, *[lambda: buy(item, take("bot", 2))] * 10)
    assert len(outcome.results) == 1 + 10 + 2
    assert outcome.count_errors(AllowanceExceeded) == 8
    # The batch was not broken: those who were too many had been left out of it.
    assert contention_counts()["batches_broken"] == before["batches_broken"]
    assert contention_counts()["batches"] - before["batches"] == 2
    assert_sold(item, 13)


def test_a_batch_that_a_limit_breaks_still_serves_everybody_it_can(assert_sold):
    item, before = make_stock_item(on_hand=100, strategy="combined"), contention_counts()
    other = make_stock_item(on_hand=100)

    others = [lambda n=n: buy(item, take(f"customer {n}", 1)) for n in range(5)]
    # Unseen by the one who looked before and waits with the others.
    elsewhere = lambda: buy(other, take("bot", 1))  # noqa: E731
    outcome = race_behind_a_leader(item, *others, lambda: buy(item, take("bot", 1)), meanwhile=elsewhere)
    assert len(outcome.results) == 1 + 5
    assert outcome.count_errors(AllowanceExceeded) == 1
    assert contention_counts()["batches_broken"] == before["batches_broken"] + 1
    assert read_used("bot") == 1
    assert_sold(item, 6)


def test_units_come_back_once_however_often_an_order_is_cancelled(make_item, assert_sold):
    item = make_item(100)
    orders = [buy(item, take("ann", 10, 2), take("b", 100, 2), quantity=2).order for _ in range(5)]

    def cancel(order):
        return cancel_order(number=order.number, reason="customer", actor="test", now=NOW)

    outcome = race([partial(cancel, order) for order in orders[:4] for _ in range(4)])
    assert outcome.errors == []
    assert (read_used("ann"), read_used("b")) == (2, 2)
    assert_sold(item, 2)


def test_units_come_back_once_from_sweeps_and_customers_at_once(make_item, assert_sold):
    item = make_item(200)
    orders = [buy(item, take(f"customer {n % 7}", 20), take("all", 100)).order for n in range(60)]
    cancels = [
        lambda number=order.number: cancel_order(number=number, reason="customer", actor="test", now=LATER)
        for order in orders[:15]
    ]
    outcome = race([*cancels, *[lambda: sweep_expired_orders(now=LATER, batch_size=9)] * 4])
    assert outcome.errors == []
    assert set(PurchaseAllowance.objects.values_list("used", flat=True)) == {0}
    assert_sold(item, 0)


def test_units_come_back_once_when_an_order_is_refunded_over_and_over(make_item, assert_sold):
    item = make_item(100)
    order = buy(item, take("ann", 2, 2), quantity=2).order
    make_payment_callback(order).deliver()
    race([lambda: refund_order(number=order.number, reason="wish", actor="test", now=NOW)] * 8)
    assert Order.objects.get(number=order.number).status == "refunded"
    assert read_used("ann") == 0
    assert_sold(item, 0)


def test_what_comes_back_can_be_had_again_and_never_twice(make_item, switching, assert_sold):
    item = make_item(100)
    orders = [buy(item, take("ann", 3)).order for _ in range(3)]
    cancels = [
        lambda number=order.number: cancel_order(number=number, reason="customer", actor="test", now=NOW)
        for order in orders
    ]
    with switching(item):
        outcome = race([*cancels, *[lambda: buy(item, take("ann", 3))] * 20])
    placed = len(outcome.results) - 3
    assert outcome.count_errors(AllowanceExceeded) == 20 - placed
    assert read_used("ann") == placed <= 3
    assert_sold(item, placed)


def test_late_money_and_another_order_do_not_both_get_the_last_allowed_unit(make_item, assert_sold):
    item = make_item(100)
    order = buy(item, take("ann", 1)).order
    callback = make_payment_callback(order)
    sweep_expired_orders(now=LATER)
    outcome = race([lambda: callback.deliver(now=LATER), lambda: buy(item, take("ann", 1))])
    outcome.count_errors(AllowanceExceeded)
    assert read_used("ann") == 1
    assert_sold(item, 1)


def test_a_first_order_sold_out_leaves_no_trace_on_the_allowance(make_item, assert_sold):
    item = make_item(1)
    outcome = race([partial(buy, item, take(f"customer {n}", 1)) for n in range(16)])
    assert outcome.count_errors(OutOfStock) == 15
    assert PurchaseAllowance.objects.count() == 1
    assert check_books() == []
    assert_sold(item, 1)
