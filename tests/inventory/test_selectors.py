"""Reads of stock."""

import pytest

from inventory.selectors import get_levels_by_id, get_stock_levels, list_movements
from inventory.services import create_stock_item
from tests.builders import NOW, buy, make_stock_item

pytestmark = pytest.mark.django_db


def test_levels_are_found_by_sku_and_by_id():
    first, second = make_stock_item(on_hand=1), make_stock_item(on_hand=2)
    assert get_stock_levels(skus=[first.sku, second.sku, "nobody's"]) == {
        first.sku: first,
        second.sku: second,
    }
    assert get_levels_by_id(ids=[second.id, 2**40]) == {second.id: second}


def test_reading_many_levels_takes_one_query(django_assert_num_queries):
    skus = [make_stock_item().sku for _ in range(5)]
    with django_assert_num_queries(1):
        get_stock_levels(skus=skus)


@pytest.mark.parametrize(("on_hand", "is_low"), [(0, True), (3, True), (4, False)])
def test_stock_is_low_when_no_more_than_the_threshold_can_be_promised(on_hand, is_low):
    level = create_stock_item(sku="LOW", on_hand=on_hand, low_stock_threshold=3, actor="test", now=NOW)
    assert level.is_low is is_low


def test_units_promised_to_orders_count_as_reserved():
    item = make_stock_item(on_hand=5)
    buy((item, 2))
    level = get_levels_by_id(ids=[item.id])[item.id]
    assert (level.on_hand, level.available, level.reserved) == (5, 3, 2)


def test_the_movements_of_an_order_can_be_read():
    item = make_stock_item(on_hand=5)
    order = buy((item, 2)).order
    [movement] = list_movements(references=[f"order:{order.number}"])
    assert (movement.sku, movement.kind, movement.available_delta, movement.created_at) == (
        item.sku,
        "reserve",
        -2,
        NOW,
    )
