"""The harness itself is tested: without its protection, each strategy's race must be lost before our eyes."""

import threading

import pytest
from django.db import connection

from inventory.contention import contention_counts
from inventory.errors import OutOfStock
from inventory.locking import registry
from inventory.locking.base import read_available, take_units_at_version
from inventory.selectors import get_stock_level
from inventory.services import set_locking_strategy
from orders.errors import OrderError
from tests.builders import buy, make_stock_item
from tests.concurrency.race import race


class Unlocked:
    """Reads, checks, writes, as most shops do: buyers between the same read and write all get the unit."""

    name = "unlocked"
    label = "Unlocked (for tests only)"
    combines = False
    needs_skip_locked = False
    is_a_race = False

    def claim(self, *, stock_item_id, quantity):
        """Take units without a lock and without a guard."""
        available, _version = read_available(stock_item_id=stock_item_id)
        if available < quantity:
            return available
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE inventory_stockitem SET available = %s, version = version + 1 WHERE id = %s",
                (available - quantity, stock_item_id),
            )
        return None

    def prepare_claim(self, *, stock_item_id, quantity):
        """It has to look in between."""
        return []


@pytest.fixture
def unlocked():
    registry.register(Unlocked())
    yield "unlocked"
    registry.unregister("unlocked")


def test_an_unlocked_strategy_oversells_in_this_harness(unlocked):
    item = make_stock_item(on_hand=60)
    set_locking_strategy(stock_item_ids=[item.id], name=unlocked)

    def buy_six_times():
        placed = 0
        for _ in range(6):
            try:
                buy((item, 1))
                placed += 1
            except OutOfStock:
                pass
        return placed

    outcome = race([buy_six_times] * 16)
    assert outcome.errors == []
    assert sum(outcome.results) > 60, "no oversell: this harness would not notice a missing lock"


def test_optimistic_write_is_refused_after_anybody_else_wrote_the_row():
    item = make_stock_item(on_hand=5)
    assert take_units_at_version(stock_item_id=item.id, quantity=1, version=item.version + 1) is False
    assert take_units_at_version(stock_item_id=item.id, quantity=1, version=item.version) is True
    assert take_units_at_version(stock_item_id=item.id, quantity=1, version=item.version) is False
    assert get_stock_level(sku=item.sku).available == 4


def test_pessimistic_buyers_wait_for_the_row_instead_of_colliding():
    item = make_stock_item(on_hand=10, strategy="pessimistic")
    before = contention_counts()["conflicts"]
    outcome = race([lambda: buy((item, 1))] * 24)
    assert len(outcome.results) == 10
    assert outcome.count_errors(OutOfStock) == 14
    assert contention_counts()["conflicts"] == before


def test_a_racer_that_gets_an_untyped_error_fails_the_test():
    outcome = race([lambda: 1 / 0, threading.get_ident])
    with pytest.raises(AssertionError, match="unexpected"):
        outcome.count_errors(OrderError)
