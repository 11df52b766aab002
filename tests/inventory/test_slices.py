"""Pooled items: their units lie in slices, and everybody counts all of them."""

from typing import Any

import pytest
from django.db import transaction

from config.books import repair_books
from inventory.books import check_stock, repair_counters
from inventory.errors import OutOfStock, StockConflict, StockReserved
from inventory.locking.registry import get_strategy
from inventory.models import StockItem, StockSlice
from inventory.selectors import get_levels_by_id, get_stock_level
from inventory.services import (
    adjust,
    configure_stock_item,
    plan_reservation,
    receive,
    reserve,
    set_locking_strategy,
    set_on_hand,
    transfer,
)
from inventory.slices import MOST_SLICES, count_slices, lock_pool, spread, take_from_slice
from inventory.types import Demand
from orders.services import cancel_order
from tests.builders import NOW, buy, make_stock_item
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db

WHO: dict[str, Any] = {"actor": "test", "reason": "because", "now": NOW}


def make_pooled(on_hand):
    """Make a pooled item whose units are in slices already."""
    item = make_stock_item(on_hand=on_hand, strategy="pooled")
    with transaction.atomic():
        pool = lock_pool(stock_item_id=item.id)
        spread(stock_item_id=item.id, pool=pool, units=on_hand, slices=count_slices(on_hand, quantity=1))
    return read(item)


def claim(item, quantity):
    with transaction.atomic():
        return get_strategy("pooled").claim(stock_item_id=item.id, quantity=quantity)


def read(item):
    return get_levels_by_id(ids=[item.id])[item.id]


def list_slices(item):
    return list(StockSlice.objects.filter(stock_item_id=item.id).values_list("units", flat=True))


def read_depot(item):
    return StockItem.objects.get(id=item.id).available


def test_units_wait_in_the_depot_until_somebody_claims_some():
    item = make_stock_item(on_hand=1000, strategy="pooled")
    assert (list_slices(item), read_depot(item)) == ([], 1000)


def test_the_first_claim_spreads_what_is_left_over_slices():
    item = make_stock_item(on_hand=1000, strategy="pooled")
    assert claim(item, 1) is None
    assert list_slices(item) == [66] * 15
    assert read_depot(item) == 9
    assert read(item).available == 999


def test_a_claim_takes_from_one_slice_and_leaves_the_items_row_alone():
    item = make_pooled(1000)
    row = StockItem.objects.filter(id=item.id).values().get()
    before = list_slices(item)
    assert claim(item, 3) is None
    assert StockItem.objects.filter(id=item.id).values().get() == row
    changed = [was - now for was, now in zip(before, list_slices(item), strict=True) if was != now]
    assert changed == [3]


@pytest.mark.parametrize(
    ("units", "quantity", "slices"),
    [
        *((0, 1, 0), (127, 1, 0), (128, 1, 2), (640, 1, 10)),
        *((10**6, 1, MOST_SLICES), (640, 40, 4), (640, 100, 0)),
    ],
)
def test_there_are_as_many_slices_as_are_worth_having(units, quantity, slices):
    assert count_slices(units, quantity=quantity) == slices


def test_a_slice_gives_no_more_than_it_has():
    item = make_pooled(500)
    [units, *_others] = list_slices(item)
    assert not take_from_slice(stock_item_id=item.id, slot=0, quantity=units + 1)
    assert take_from_slice(stock_item_id=item.id, slot=0, quantity=units)
    assert not take_from_slice(stock_item_id=item.id, slot=0, quantity=1)
    assert not take_from_slice(stock_item_id=item.id, slot=99, quantity=1)


def test_few_units_stay_in_one_row():
    item = make_stock_item(on_hand=100, strategy="pooled")
    assert claim(item, 1) is None
    assert (list_slices(item), read_depot(item)) == ([], 99)


@pytest.mark.parametrize("quantity", [1, 7, 60])
def test_it_sells_out_to_exactly_the_last_unit(quantity):
    item = make_stock_item(on_hand=500, strategy="pooled")
    sold = 0
    while claim(item, quantity) is None:
        sold += quantity
    assert sold == 500 - 500 % quantity
    assert read(item).available == 500 % quantity


def test_a_claim_larger_than_any_slice_takes_from_all_of_them():
    item = make_pooled(500)
    assert claim(item, 450) is None
    assert (list_slices(item), read(item).available) == ([], 50)


def test_a_refusal_tells_the_units_of_all_slices_and_the_depot():
    item = make_pooled(500)
    before = list_slices(item)
    assert claim(item, 501) == 500
    assert list_slices(item) == before


def test_units_in_the_depot_are_spread_once_the_slices_are_empty():
    item = make_pooled(500)
    run_sql("UPDATE inventory_stockslice SET units = 0 WHERE stock_item_id = %s", item.id)
    run_sql("UPDATE inventory_stockitem SET available = 400 WHERE id = %s", item.id)
    assert claim(item, 1) is None
    assert list_slices(item) == [66] * 6


def test_what_comes_back_goes_to_the_depot():
    item = make_pooled(500)
    before, depot = list_slices(item), read_depot(item)
    receive(sku=item.sku, quantity=5, **WHO)
    adjust(sku=item.sku, delta=3, **WHO)
    assert (list_slices(item), read_depot(item)) == (before, depot + 8)


def test_an_order_of_a_pooled_item_that_is_cancelled_gives_its_units_back():
    item = make_stock_item(on_hand=500, strategy="pooled")
    order = buy((item, 4)).order
    assert read(item).available == 496
    cancel_order(number=order.number, reason="customer", actor="test", now=NOW)
    assert read(item).available == 500
    assert list(check_stock()) == []


def test_units_are_taken_away_from_slices_if_the_depot_has_too_few():
    item = make_pooled(500)
    adjust(sku=item.sku, delta=-480, **WHO)
    assert (read(item).available, read(item).on_hand) == (20, 20)
    with pytest.raises(OutOfStock) as refusal:
        adjust(sku=item.sku, delta=-21, **WHO)
    assert refusal.value.shortfalls[0].available == 20


def test_units_are_moved_to_another_item_out_of_slices():
    item, other = make_pooled(500), make_stock_item(on_hand=0)
    transfer(from_sku=item.sku, to_sku=other.sku, quantity=490, reference="sale", **WHO)
    assert (read(item).available, read(other).available) == (10, 490)


def test_a_count_keeps_what_is_reserved_while_units_are_in_slices():
    item = make_stock_item(on_hand=500, strategy="pooled")
    buy((item, 30))
    with pytest.raises(StockReserved) as refusal:
        set_on_hand(sku=item.sku, on_hand=29, **WHO)
    assert refusal.value.reserved == 30
    assert set_on_hand(sku=item.sku, on_hand=31, **WHO).available == 1
    assert set_on_hand(sku=item.sku, on_hand=90, **WHO).available == 60
    assert list(check_stock()) == []


@pytest.mark.parametrize("name", ["conditional", "pessimistic", "optimistic", "combined"])
def test_switching_to_another_strategy_gathers_all_units(name):
    item = make_pooled(500)
    set_locking_strategy(stock_item_ids=[item.id], name=name)
    assert (list_slices(item), read_depot(item), read(item).available) == ([], 500, 500)
    assert read(item).version > item.version


def test_configuring_an_item_gathers_its_units_too():
    item = make_pooled(500)
    configure_stock_item(stock_item_id=item.id, locking_strategy="conditional", low_stock_threshold=3)
    assert (list_slices(item), read(item).available) == ([], 500)


def test_an_item_that_stays_pooled_keeps_its_slices():
    item = make_pooled(500)
    before = list_slices(item)
    configure_stock_item(stock_item_id=item.id, locking_strategy="pooled", low_stock_threshold=3)
    set_locking_strategy(stock_item_ids=[item.id], name="pooled")
    assert list_slices(item) == before != []


def test_a_pooled_claim_leaves_the_units_of_an_item_switched_meanwhile_in_one_row():
    item = make_stock_item(on_hand=500, strategy="conditional")
    assert claim(item, 1) is None
    assert (list_slices(item), read_depot(item)) == ([], 499)


@pytest.mark.parametrize("planned", ["conditional", "pessimistic", "optimistic", "combined"])
def test_who_planned_by_another_strategy_is_not_refused_what_lies_in_slices(planned):
    item = make_stock_item(on_hand=500, strategy=planned)
    claims = plan_reservation(demands=[Demand(item.id, 20)])
    set_locking_strategy(stock_item_ids=[item.id], name="pooled")
    claim(item, 1)
    assert read_depot(item) < 20
    with transaction.atomic():
        reserve(claims=claims, reference="order:T", actor="test", now=NOW)
    assert read(item).available == 479


def test_who_planned_by_another_strategy_is_told_all_that_is_left():
    item = make_stock_item(on_hand=500)
    claims = plan_reservation(demands=[Demand(item.id, 500)])
    set_locking_strategy(stock_item_ids=[item.id], name="pooled")
    buy((item, 1))
    with pytest.raises(OutOfStock) as refusal, transaction.atomic():
        reserve(claims=claims, reference="order:T", actor="test", now=NOW)
    assert [s.available for s in refusal.value.shortfalls] == [499]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE inventory_stockslice SET units = units - 1 WHERE stock_item_id = %s LIMIT 1",
        "UPDATE inventory_stockitem SET available = available + 1 WHERE id = %s",
    ],
)
def test_spreading_anything_but_what_was_locked_is_refused(change):
    item = make_pooled(500)
    pool = lock_pool(stock_item_id=item.id)
    run_sql(change, item.id)
    with pytest.raises(StockConflict):
        spread(stock_item_id=item.id, pool=pool, units=pool.total, slices=0)


def test_books_balance_while_units_are_in_slices():
    buy((item := make_stock_item(on_hand=500, strategy="pooled"), 2))
    assert list_slices(item)
    assert list(check_stock()) == []


def test_a_slice_changed_by_hand_is_found_and_repaired():
    buy((item := make_stock_item(on_hand=500, strategy="pooled"), 2))
    run_sql("UPDATE inventory_stockslice SET units = units - 1 WHERE stock_item_id = %s LIMIT 1", item.id)
    [finding] = check_stock()
    assert (finding.check, finding.actual) == (
        "counters-differ-from-ledger",
        "available 497, on hand 500",
    )
    assert finding.repairable
    assert repair_counters(sku=item.sku) is True
    assert (list(check_stock()), read(item).available) == ([], 498)


def test_slices_of_an_item_that_is_not_pooled_are_found_and_repaired():
    buy((item := make_stock_item(on_hand=500, strategy="pooled"), 2))
    run_sql("UPDATE inventory_stockitem SET locking_strategy = 'conditional' WHERE id = %s", item.id)
    findings = {finding.check: finding for finding in check_stock()}
    assert set(findings) == {"counters-differ-from-ledger", "slices-of-an-item-not-pooled"}
    assert findings["slices-of-an-item-not-pooled"].subject == item.sku
    assert repair_books(list(findings.values())) == list(findings.values())
    assert (list(check_stock()), read(item).available) == ([], 498)


def test_more_units_available_than_on_hand_are_found():
    item = make_pooled(500)
    run_sql("UPDATE inventory_stockitem SET on_hand = 499 WHERE id = %s", item.id)
    findings = list(check_stock())
    assert "more-available-than-on-hand" in {finding.check for finding in findings}
    assert repair_books(findings) == findings
    assert list(check_stock()) == []


def test_reading_a_level_is_one_statement_wherever_the_units_are(django_assert_num_queries):
    item = make_pooled(500)
    with django_assert_num_queries(1):
        assert get_stock_level(sku=item.sku).available == 500
    with django_assert_num_queries(1):
        plan_reservation(demands=[Demand(item.id, 500)])
