"""Many new SKUs at once."""

import pytest

from config.books import check_books
from inventory.errors import DuplicateSku, InvalidQuantity, UnknownStrategy
from inventory.models import StockItem
from inventory.selectors import get_stock_levels
from inventory.services import create_stock_items
from inventory.types import NewStockItem
from tests.builders import NOW, make_stock_item

pytestmark = pytest.mark.django_db


def create(*items: NewStockItem) -> dict[str, int]:
    """Create stock items."""
    return create_stock_items(items=items, actor="test", now=NOW)


@pytest.mark.django_db(transaction=True)
def test_they_start_with_their_units_and_the_books_balance():
    ids = create(NewStockItem("a", 5), NewStockItem("A", 0, "optimistic"))

    levels = get_stock_levels(skus=["a", "A"])
    assert {
        sku: (level.id, level.on_hand, level.available, level.locking_strategy)
        for sku, level in levels.items()
    } == {
        "a": (ids["a"], 5, 5, "conditional"),
        "A": (ids["A"], 0, 0, "optimistic"),
    }
    assert check_books() == []


def test_one_sku_that_exists_stops_them_all_and_is_named():
    make_stock_item(sku="old")

    with pytest.raises(DuplicateSku) as refused:
        create(NewStockItem("new", 5), NewStockItem("old", 5))
    assert refused.value.sku == "old"
    assert not StockItem.objects.filter(sku="new").exists()


def test_a_sku_given_twice_is_named():
    with pytest.raises(DuplicateSku, match="twice"):
        create(NewStockItem("once"), NewStockItem("twice"), NewStockItem("twice"))


@pytest.mark.parametrize("units", [-1, 10**9 + 1, 1.5, True])
def test_a_number_that_is_no_quantity_is_refused(units: int):
    with pytest.raises(InvalidQuantity):
        create(NewStockItem("a", units))


def test_an_unknown_strategy_is_refused():
    with pytest.raises(UnknownStrategy):
        create(NewStockItem("a", 1, "hope"))


def test_nothing_is_nothing():
    assert create() == {}
