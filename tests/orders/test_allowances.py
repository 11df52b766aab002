"""Purchase allowances, one buyer at a time. Races are in tests/concurrency/test_allowances.py."""

import datetime as dt
import uuid
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.books import check_books
from inventory.errors import StockBusy
from inventory.selectors import get_stock_level
from orders.allowances import list_disagreements
from orders.errors import AllowanceExceeded, InvalidOrder
from orders.models import AllowanceUse, PurchaseAllowance
from orders.selectors import get_order
from orders.services import cancel_order, fulfil_order, place_order, sweep_expired_orders
from orders.types import Allowance, LineRefund
from payments.models import GatewayEvent, Refund
from payments.services import refund_order
from tests.builders import NOW, make_draft, make_payment_callback, make_stock_item
from tests.concurrency.race import race
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
def item():
    return make_stock_item(on_hand=1000)


def buy(item, *allowances, quantity=1, key=None, unit_price=1000):
    draft = replace(make_draft((item, quantity), unit_price=unit_price), allowances=allowances)
    return place_order(
        draft=draft, idempotency_scope="test", idempotency_key=key or uuid.uuid4().hex, now=NOW
    )


def take(key="ann", limit=2, quantity=1):
    return Allowance(key, limit, quantity)


def read_used():
    """Return the units counted, by key."""
    return dict(PurchaseAllowance.objects.values_list("key", "used"))


def read_available(item):
    return get_stock_level(sku=item.sku).available


def cancel(placed):
    return cancel_order(number=placed.order.number, reason="customer", actor="test", now=NOW)


def test_orders_within_the_limit_are_placed_and_the_next_is_told_what_it_is(item):
    buy(item, take())
    buy(item, take())
    with pytest.raises(AllowanceExceeded) as refusal:
        buy(item, take())
    assert (refusal.value.key, refusal.value.limit, refusal.value.used) == ("ann", 2, 2)
    assert str(refusal.value) == "the limit is 2 units for each customer, and 2 are taken"
    assert read_available(item) == 998


def test_a_refused_order_leaves_nothing_behind(item):
    with pytest.raises(AllowanceExceeded):
        buy(item, take(limit=2, quantity=3), quantity=3)
    assert (read_used(), AllowanceUse.objects.count(), read_available(item)) == ({}, 0, 1000)


def test_nothing_is_allowed_where_the_limit_is_nothing(item):
    with pytest.raises(AllowanceExceeded) as refusal:
        buy(item, take(limit=0))
    assert refusal.value.used == 0


def test_all_of_an_orders_allowances_must_have_room(item):
    buy(item, take("account"), take("email", 1))
    with pytest.raises(AllowanceExceeded) as refusal:
        buy(item, take("account"), take("email", 1))
    assert refusal.value.key == "email"
    assert read_used() == {"account": 1, "email": 1}


def test_keys_are_told_apart_by_case(item):
    buy(item, take("sale:1:user:A", 1))
    buy(item, take("sale:1:user:a", 1))
    assert read_used() == {"sale:1:user:A": 1, "sale:1:user:a": 1}


def test_a_key_longer_than_its_column_counts_like_any_other(item):
    key = f"sale:1:email:{'x' * 300}@example.com"
    buy(item, take(key, 1))
    with pytest.raises(AllowanceExceeded):
        buy(item, take(key, 1))
    buy(item, take(f"{key}.au", 1))
    assert sorted(read_used().values()) == [1, 1]


def test_a_raised_limit_gives_room_and_a_lowered_one_takes_it(item):
    for _ in range(2):
        buy(item, take(limit=2))
    buy(item, take(limit=3))
    assert PurchaseAllowance.objects.get().unit_limit == 3
    with pytest.raises(AllowanceExceeded) as refusal:
        buy(item, take(limit=1))
    assert (refusal.value.limit, refusal.value.used) == (1, 3)
    with pytest.raises(AllowanceExceeded):
        buy(item, take(limit=3))


def test_the_row_refuses_what_a_look_did_not_see(item):
    buy(item, take(limit=2, quantity=2), quantity=2)

    def forget(execute, sql, params, many, context):
        # As if the other order had been committed just after the look.
        if sql.startswith("SELECT `key`, used") and not seen:
            seen.append(sql)
            params = ["nobody"]
        return execute(sql, params, many, context)

    seen: list[str] = []
    with connection.execute_wrapper(forget), pytest.raises(AllowanceExceeded) as refusal:
        buy(item, take(limit=2))
    assert (len(seen), refusal.value.used) == (1, 2)
    assert read_used() == {"ann": 2}


@pytest.mark.parametrize(
    "allowances",
    [
        (take("twice"), take("twice")),
        (take(quantity=0),),
        (take(quantity=-1),),
        (take(quantity=10**10, limit=10**12),),
        (take(limit=-1),),
        (take(limit=10**16),),
    ],
)
def test_an_allowance_that_cannot_be_is_refused_before_anything_is_written(item, allowances):
    with pytest.raises(InvalidOrder):
        buy(item, *allowances)
    assert (read_used(), read_available(item)) == ({}, 1000)


def test_a_repeated_request_gets_its_order_although_the_allowance_is_full(item):
    first = buy(item, take(limit=1), key="again")
    again = buy(item, take(limit=1), key="again")
    assert (again.replayed, again.order.number) == (True, first.order.number)
    assert read_used() == {"ann": 1}


def test_a_cancelled_order_gives_back_what_it_took(item):
    placed = buy(item, take("account", 3, 2), take("email", 9, 2), quantity=2)
    buy(item, take("account", 3))
    cancel(placed)
    cancel(placed)
    assert read_used() == {"account": 1, "email": 0}
    buy(item, take("account", 3, 2), take("email", 9, 2), quantity=2)
    assert check_books() == []


def test_an_expired_order_gives_back_what_it_took(item):
    for n in range(5):
        buy(item, take("all", 9), take(f"customer {n}", 1))
    sweep_expired_orders(now=LATER)
    sweep_expired_orders(now=LATER)
    assert set(read_used().values()) == {0}
    assert check_books() == []


def test_an_order_cancelled_just_before_the_sweep_locks_it_gives_back_once(item):
    placed = buy(item, take(limit=1))

    def cancel_first(execute, sql, params, many, context):
        if sql.startswith("SELECT id, stock_reference FROM orders_order") and not cancelled:
            cancelled.append(race([lambda: cancel(placed)]).errors)
        return execute(sql, params, many, context)

    cancelled: list[object] = []
    with connection.execute_wrapper(cancel_first):
        report = sweep_expired_orders(now=LATER)
    assert cancelled == [[]]
    assert (report.cancelled, report.parked, read_used()) == (0, 0, {"ann": 0})


def test_a_paid_order_keeps_what_it_took_when_the_others_expire(item):
    paid = buy(item, take(limit=2)).order
    buy(item, take(limit=2))
    make_payment_callback(paid).deliver()
    sweep_expired_orders(now=LATER)
    assert read_used() == {"ann": 1}


@pytest.mark.parametrize("shipped", [False, True])
def test_a_refunded_order_gives_back_what_it_took_shipped_or_not(item, shipped):
    order = buy(item, take(limit=1)).order
    make_payment_callback(order).deliver()
    if shipped:
        fulfil_order(number=order.number, actor="test", now=NOW)
    refund_order(number=order.number, reason="wish", actor="test", now=NOW)
    assert read_used() == {"ann": 0}
    assert check_books() == []


def test_late_money_takes_the_allowance_again(item):
    order = buy(item, take("account", 1), take("email", 1)).order
    callback = make_payment_callback(order)
    sweep_expired_orders(now=LATER)
    assert callback.deliver(now=LATER).outcome == "late_reserved"
    assert read_used() == {"account": 1, "email": 1}
    with pytest.raises(AllowanceExceeded):
        buy(item, take("account", 1))
    assert check_books() == []


def test_late_money_goes_back_if_the_allowance_was_used_meanwhile(item):
    order = buy(item, take("account", 9), take("email", 1)).order
    callback = make_payment_callback(order)
    sweep_expired_orders(now=LATER)
    buy(item, take("email", 1))
    assert callback.deliver(now=LATER).outcome == "late_refunded"
    assert (get_order(number=order.number).status, Refund.objects.get().amount) == ("cancelled", 1000)
    assert GatewayEvent.objects.get().attempts == 1
    assert read_used() == {"account": 0, "email": 1}
    assert read_available(item) == 999
    assert check_books() == []


def test_a_free_order_counts_like_any_other(item):
    buy(item, take(limit=1), unit_price=0)
    with pytest.raises(AllowanceExceeded):
        buy(item, take(limit=1), unit_price=0)


def count_statements(work):
    with CaptureQueriesContext(
        connection,
    ) as said:
        work()
    return [query["sql"] for query in said if "allowance" in query["sql"]]


def test_an_order_without_allowances_never_mentions_them(item):
    assert count_statements(lambda: buy(item)) == []


def test_keys_are_claimed_and_given_back_in_their_own_order(item):
    keys = [f"k{n:02}" for n in (7, 3, 9, 1, 5)]
    claim = count_statements(lambda: buy(item, *[take(key, 9) for key in keys]))[1]
    claim = claim.partition("orders_allowanceuse")[0]
    assert sorted(keys, key=claim.index) == sorted(keys)
    _look, give_back = count_statements(lambda: sweep_expired_orders(now=LATER))
    assert sorted(keys, key=give_back.index) == sorted(keys)


@pytest.mark.parametrize("orders", [1, 40])
def test_a_sweep_takes_two_statements_for_the_allowances_of_a_whole_batch(item, orders):
    for n in range(orders):
        buy(item, take(f"customer {n}", 1), take("all", 99))
    assert len(count_statements(lambda: sweep_expired_orders(now=LATER))) == 2
    assert set(read_used().values()) == {0}


def test_the_books_name_an_allowance_that_differs_from_its_orders(item):
    buy(item, take("right", 9))
    cancelled = buy(item, take("too much", 9))
    buy(item, take("too little", 9, 2), quantity=2)
    buy(item, take("lost", 9))
    cancel(cancelled)
    assert check_books() == []
    run_sql("UPDATE orders_purchaseallowance SET used = 1 WHERE `key` LIKE 'too%%'")
    run_sql("DELETE FROM orders_purchaseallowance WHERE `key` = 'lost'")
    assert list_disagreements() == [("lost", 1, 0), ("too little", 2, 1), ("too much", 0, 1)]
    found = check_books()
    assert {f.check for f in found} == {"allowance-differs-from-orders"}
    assert [(f.subject, f.expected, f.actual, f.repairable) for f in found] == [
        ("lost", 1, 0, False),
        ("too little", 2, 1, False),
        ("too much", 0, 1, False),
    ]


def test_units_that_nobody_counted_any_more_are_not_given_back(item):
    placed = buy(item, replace(take(quantity=2), stock_item_id=item.id), quantity=2)
    make_payment_callback(placed.order).deliver()
    PurchaseAllowance.objects.update(used=0)
    part = LineRefund(position=0, quantity=1)
    with pytest.raises(StockBusy):
        refund_order(number=placed.order.number, lines=(part,), reason="wish", actor="test", now=NOW)
    assert (Refund.objects.count(), AllowanceUse.objects.get().quantity) == (0, 2)
