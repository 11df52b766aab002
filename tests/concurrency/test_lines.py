"""The line before a hot item, as buyers meet it: `place_order` with the limits a shop has."""

import threading
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from django.db import DataError, connection, transaction

from inventory import lines
from inventory.contention import contention_counts
from inventory.errors import OutOfStock, StockBusy
from inventory.lines import InLine, count_in_line
from inventory.selectors import get_stock_level
from orders.models import Order
from orders.services import cancel_order, place_order
from tests.builders import NOW, buy, make_draft, make_stock_item, revive
from tests.concurrency.race import DEADLINE_SECONDS, race, wait_until

# How many of them are at work at once.
AT_WORK = {"conditional": 2, "pessimistic": 2, "optimistic": 1}
# Transactions in this database that are waiting for a lock, or hold the rows they wrote before.
_COUNT_TRANSACTIONS = """
SELECT COUNT(*) FROM information_schema.innodb_trx AS t
  JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id
 WHERE p.db = DATABASE() AND p.id != CONNECTION_ID()
"""


@pytest.fixture(autouse=True)
def limits_of_a_shop(settings):
    """What config/settings.py says; other tests let everybody in."""
    settings.STOCK_LINE_AT_WORK, settings.STOCK_LINE_WAITING, settings.STOCK_LINE_SECONDS = 2, 20, 3.0


@contextmanager
def held(item):
    """Hold an item's row."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM inventory_stockitem WHERE id = %s FOR UPDATE", [item.id])
        yield


def count_other_transactions():
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_TRANSACTIONS)
        return cursor.fetchone()[0]


def count_since(before, event):
    return contention_counts()[event] - before[event]


@contextmanager
def standing_in(item, *, at_work, waiting=0, is_in_vain=False):
    """Fill an item's line with so many who do nothing until this is over; in vain, they are then refused."""
    may_leave = threading.Event()

    def stand():
        with suppress(OutOfStock), InLine((item.id,)):
            assert may_leave.wait(DEADLINE_SECONDS)
            if is_in_vain:
                raise OutOfStock([])

    threads = [threading.Thread(target=stand, daemon=True) for _ in range(at_work + waiting)]
    try:
        for thread in threads:
            thread.start()
        wait_until(lambda: count_in_line(item.id) == (at_work, waiting))
        yield may_leave
    finally:
        may_leave.set()
        for thread in threads:
            thread.join(DEADLINE_SECONDS)


@pytest.mark.parametrize(("strategy", "at_work"), AT_WORK.items())
def test_of_64_buyers_two_are_in_the_database_twenty_wait_and_the_others_know_at_once(
    assert_sold, strategy, at_work
):
    item, before = make_stock_item(on_hand=100, strategy=strategy), contention_counts()
    is_held = threading.Event()

    def hold_until_everybody_came():
        with held(item):
            is_held.set()
            wait_until(lambda: count_since(before, "line_full") == 44 - at_work)
            assert count_in_line(item.id) == (at_work, 20)
            wait_until(lambda: count_other_transactions() == at_work)

    def come():
        assert is_held.wait(DEADLINE_SECONDS)
        return buy((item, 1))

    outcome = race([hold_until_everybody_came, *[come] * 64])
    assert outcome.count_errors(StockBusy) == 44 - at_work
    assert len([placed for placed in outcome.results if placed]) == at_work + 20
    assert (count_since(before, "line_waited"), count_since(before, "line_too_slow")) == (20, 0)
    assert lines._lines == {}
    assert_sold(item, at_work + 20)


def test_a_full_line_turns_a_buyer_away_before_anything_is_written():
    item = make_stock_item(on_hand=5)
    with standing_in(item, at_work=2, waiting=20), pytest.raises(StockBusy):
        buy((item, 1), key="k")
    assert not Order.objects.exists()
    assert get_stock_level(sku=item.sku) == item
    assert not buy((item, 1), key="k").replayed


def test_a_buyer_whose_turn_does_not_come_is_told_in_time(settings):
    settings.STOCK_LINE_SECONDS = 0.05
    item = make_stock_item(on_hand=5)
    with standing_in(item, at_work=2), pytest.raises(StockBusy):
        buy((item, 1))
    assert get_stock_level(sku=item.sku) == item


def test_a_crowd_at_one_item_keeps_nobody_from_another():
    crowded, free = make_stock_item(), make_stock_item()
    with standing_in(crowded, at_work=2, waiting=20):
        assert buy((free, 1)).order.lines[0].sku == free.sku


def test_money_that_came_late_is_not_turned_away_for_a_crowd():
    item = make_stock_item(on_hand=5)
    order = buy((item, 1)).order
    cancel_order(number=order.number, reason="staff", actor="test", now=NOW)
    with standing_in(item, at_work=2, waiting=20):
        revive(order)
    assert get_stock_level(sku=item.sku).available == 4


def test_who_waited_while_the_rest_was_sold_is_refused_without_a_transaction():
    item, before = make_stock_item(on_hand=1), contention_counts()
    said = []

    def listen(execute, sql, params, many, context):
        said.append(sql)
        return execute(sql, params, many, context)

    def wait_and_buy():
        with connection.execute_wrapper(listen):
            buy((item, 1))

    with standing_in(item, at_work=2, is_in_vain=True) as may_leave:

        def sell_the_last_unit():
            wait_until(lambda: count_in_line(item.id) == (2, 1))
            with connection.cursor() as cursor:
                cursor.execute("UPDATE inventory_stockitem SET available = 0 WHERE id = %s", [item.id])
            may_leave.set()

        outcome = race([sell_the_last_unit, wait_and_buy])
    assert outcome.count_errors(OutOfStock) == 1
    assert count_since(before, "line_waited") == 1
    assert [sql.partition(" ")[0] for sql in said] == ["SELECT"] * 3, "two looks, and one for a repetition"


def test_baskets_with_the_same_items_in_opposite_orders_wait_for_each_other_in_one_place(assert_sold):
    first, second = make_stock_item(on_hand=60), make_stock_item(on_hand=60)
    outcome = race(
        [lambda: buy((first, 1), (second, 1)), lambda: buy((second, 1), (first, 1))] * 11,
    )
    assert outcome.errors == []
    assert lines._lines == {}
    assert_sold(first, 22)
    assert_sold(second, 22)


def test_a_buyer_whose_order_cannot_be_written_leaves_the_line():
    item = make_stock_item(on_hand=5)
    draft = replace(make_draft((item, 1)), email="x" * 300)
    with pytest.raises(DataError):
        place_order(draft=draft, idempotency_scope="test", idempotency_key="bad", now=NOW)
    assert lines._lines == {}
