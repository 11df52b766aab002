"""Creating, receiving, adjusting, counting and configuring stock."""

from typing import Any

import pytest
from django.db import transaction

from inventory.errors import (
    DuplicateSku,
    InvalidQuantity,
    OutOfStock,
    StockReserved,
    UnknownSku,
    UnknownStrategy,
)
from inventory.models import StockMovement
from inventory.selectors import get_stock_level, get_stock_levels
from inventory.services import (
    adjust,
    create_stock_item,
    plan_reservation,
    receive,
    release,
    reserve,
    set_locking_strategy,
    set_on_hand,
    ship,
)
from inventory.types import MAX_QUANTITY, Demand
from orders.services import cancel_order, fulfil_order, mark_paid
from tests.builders import NOW, buy, make_stock_item
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db

WHO: dict[str, Any] = {"actor": "ann", "reason": "because", "now": NOW}


@pytest.fixture
def item():
    """Five units, two of them promised to an order."""
    item = make_stock_item(on_hand=5)
    buy((item, 2))
    return get_stock_level(sku=item.sku)


def list_movements(item):
    """Return (kind, available, on hand) of every movement of an item, oldest first."""
    rows = StockMovement.objects.filter(stock_item_id=item.id).order_by("id")
    return list(rows.values_list("kind", "available_delta", "on_hand_delta"))


def test_a_new_stock_item_starts_with_its_units_received():
    level = create_stock_item(sku="NEW", on_hand=7, low_stock_threshold=2, **WHO)
    assert (level.on_hand, level.available, level.reserved, level.low_stock_threshold) == (7, 7, 0, 2)
    assert list_movements(level) == [("receive", 7, 7)]


def test_a_new_stock_item_without_units_has_nothing_in_its_ledger():
    level = create_stock_item(sku="EMPTY", **WHO)
    assert (level.on_hand, level.available) == (0, 0)
    assert list_movements(level) == []


def test_a_sku_can_be_created_once(item):
    with pytest.raises(DuplicateSku) as refusal:
        create_stock_item(sku=item.sku, on_hand=3, **WHO)
    assert refusal.value.sku == item.sku
    assert get_stock_level(sku=item.sku) == item


def test_a_new_stock_item_needs_a_strategy_that_exists():
    with pytest.raises(UnknownStrategy):
        create_stock_item(sku="NEW", locking_strategy="hopeful", **WHO)
    assert get_stock_levels(skus=["NEW"]) == {}


def test_receiving_adds_units_that_can_be_sold(item):
    level = receive(sku=item.sku, quantity=10, **WHO)
    assert (level.on_hand, level.available, level.reserved) == (15, 13, 2)


def test_what_was_found_can_be_sold(item):
    level = adjust(sku=item.sku, delta=1, **WHO)
    assert (level.on_hand, level.available) == (6, 4)


def test_units_nobody_was_promised_can_be_written_off_to_the_last(item):
    level = adjust(sku=item.sku, delta=-3, **WHO)
    assert (level.on_hand, level.available, level.reserved) == (2, 0, 2)


def test_units_promised_to_an_order_cannot_be_written_off(item):
    with pytest.raises(OutOfStock) as refusal, transaction.atomic():
        adjust(sku=item.sku, delta=-4, **WHO)
    assert [(s.sku, s.requested, s.available) for s in refusal.value.shortfalls] == [(item.sku, 4, 3)]
    assert get_stock_level(sku=item.sku) == item
    assert list_movements(item) == [("receive", 5, 5), ("reserve", -2, 0)]


@pytest.mark.parametrize(("counted", "available"), [(9, 7), (5, 3), (3, 1), (2, 0)])
def test_counting_sets_what_is_on_hand_and_keeps_reservations(item, counted, available):
    level = set_on_hand(sku=item.sku, on_hand=counted, **WHO)
    assert (level.on_hand, level.available, level.reserved) == (counted, available, 2)


def test_counting_books_the_difference(item):
    set_on_hand(sku=item.sku, on_hand=4, **WHO)
    assert list_movements(item)[-1] == ("adjust", -1, -1)


def test_counting_what_was_expected_books_nothing(item):
    assert set_on_hand(sku=item.sku, on_hand=5, **WHO) == item
    assert len(list_movements(item)) == 2


def test_a_count_cannot_take_units_promised_to_an_order(item):
    with pytest.raises(StockReserved) as refusal:
        set_on_hand(sku=item.sku, on_hand=1, **WHO)
    assert (refusal.value.sku, refusal.value.reserved) == (item.sku, 2)
    assert get_stock_level(sku=item.sku) == item


def test_a_count_of_zero_empties_a_stock_item():
    item = make_stock_item(on_hand=5)
    assert set_on_hand(sku=item.sku, on_hand=0, **WHO).available == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda sku: receive(sku=sku, quantity=1, **WHO),
        lambda sku: adjust(sku=sku, delta=1, **WHO),
        lambda sku: set_on_hand(sku=sku, on_hand=1, **WHO),
        lambda sku: get_stock_level(sku=sku),
    ],
    ids=["receive", "adjust", "set_on_hand", "get_stock_level"],
)
def test_an_unknown_sku_is_named(change):
    with pytest.raises(UnknownSku) as refusal:
        change("NOBODY-HAS-THIS")
    assert refusal.value.skus == ["NOBODY-HAS-THIS"]


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True, "2", None, MAX_QUANTITY + 1, 10**12])
def test_only_a_usable_number_of_units_can_be_received(item, quantity):
    with pytest.raises(InvalidQuantity):
        receive(sku=item.sku, quantity=quantity, **WHO)


@pytest.mark.parametrize("delta", [0, 1.5, True, "2", None, 10**12, -(10**12)])
def test_only_a_usable_number_of_units_can_be_adjusted(item, delta):
    with pytest.raises(InvalidQuantity) as refusal:
        adjust(sku=item.sku, delta=delta, **WHO)
    assert refusal.value.quantity is delta
    assert get_stock_level(sku=item.sku) == item


@pytest.mark.parametrize("on_hand", [-1, 1.5, True, "2", None, 10**12])
def test_only_a_usable_number_of_units_can_be_counted(item, on_hand):
    with pytest.raises(InvalidQuantity):
        set_on_hand(sku=item.sku, on_hand=on_hand, **WHO)
    with pytest.raises(InvalidQuantity):
        create_stock_item(sku="NEW", on_hand=on_hand, **WHO)


def test_the_largest_receipt_that_is_allowed_fits(item):
    assert receive(sku=item.sku, quantity=MAX_QUANTITY, **WHO).on_hand == MAX_QUANTITY + 5


def test_switching_the_strategy_touches_no_counter(item):
    other = make_stock_item(on_hand=1)
    set_locking_strategy(stock_item_ids=[other.id, item.id], name="optimistic")
    level = get_stock_level(sku=item.sku)
    assert (level.locking_strategy, level.available, level.on_hand) == (
        "optimistic",
        item.available,
        item.on_hand,
    )
    assert get_stock_level(sku=other.sku).locking_strategy == "optimistic"


def test_switching_to_the_same_strategy_changes_nothing(item):
    set_locking_strategy(stock_item_ids=[item.id], name=item.locking_strategy)
    assert get_stock_level(sku=item.sku) == item


def test_switching_to_an_unknown_strategy_is_refused(item):
    with pytest.raises(UnknownStrategy):
        set_locking_strategy(stock_item_ids=[item.id], name="hopeful")
    assert get_stock_level(sku=item.sku) == item


def reserve_one(item):
    claims = plan_reservation(demands=[Demand(item.id, 1)])
    with transaction.atomic():
        reserve(claims=claims, reference="order:R", actor="ann", now=NOW)


def settle(item, how):
    reserve_one(item)
    # The reservation is one change already; what is tested is the one after it.
    run_sql("UPDATE inventory_stockitem SET version = version - 1 WHERE id = %s", item.id)
    with transaction.atomic():
        if how == "release":
            release(references=["order:R"], actor="ann", reason="", now=NOW)
        else:
            ship(reference="order:R", actor="ann", now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda item: receive(sku=item.sku, quantity=1, **WHO),
        lambda item: adjust(sku=item.sku, delta=1, **WHO),
        lambda item: adjust(sku=item.sku, delta=-1, **WHO),
        lambda item: set_on_hand(sku=item.sku, on_hand=9, **WHO),
        lambda item: set_locking_strategy(stock_item_ids=[item.id], name="pessimistic"),
        reserve_one,
        lambda item: settle(item, "release"),
        lambda item: settle(item, "ship"),
        lambda item: buy((item, 1)),
        lambda item: buy((item, 1), (item, 1)),
    ],
    ids=[
        *("receive", "found", "lost", "count", "switch", "reserve", "release", "ship"),
        *("checkout", "checkout of two lines"),
    ],
)
def test_every_change_raises_the_version_by_exactly_one(item, change):
    change(item)
    assert get_stock_level(sku=item.sku).version == item.version + 1


def test_the_counters_follow_an_order_through_its_life():
    item = make_stock_item(on_hand=5)
    kept, dropped = buy((item, 2)).order, buy((item, 1)).order
    cancel_order(number=dropped.number, reason="customer", actor="ann", now=NOW)
    with transaction.atomic():
        mark_paid(order_id=kept.id, now=NOW)
    fulfil_order(number=kept.number, actor="ann", now=NOW)
    level = get_stock_level(sku=item.sku)
    assert (level.on_hand, level.available, level.reserved) == (3, 3, 0)
    assert list_movements(item) == [
        ("receive", 5, 5),
        ("reserve", -2, 0),
        ("reserve", -1, 0),
        ("release", 1, 0),
        ("ship", 0, -2),
    ]
