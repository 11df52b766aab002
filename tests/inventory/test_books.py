"""Stock against its ledger. How the checks of all apps work together: tests/config/test_check_books.py."""

import pytest

from inventory.books import check_stock, repair_counters
from inventory.models import StockItem, StockMovement
from inventory.selectors import get_stock_level
from inventory.services import adjust
from orders.services import cancel_order
from tests.builders import NOW, buy, make_stock_item
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    """Five units, two of them promised to an order, one more promised and given back."""
    item = make_stock_item(on_hand=5)
    buy((item, 2))
    cancel_order(number=buy((item, 1)).order.number, reason="customer", actor="test", now=NOW)
    return get_stock_level(sku=item.sku)


def list_checks():
    return [(finding.check, finding.subject) for finding in check_stock()]


def find_row(item, kind):
    """Return the id of the first ledger row of a kind."""
    return (
        StockMovement.objects.filter(stock_item_id=item.id, kind=kind)
        .order_by("id")
        .values_list("id", flat=True)[0]
    )


def test_stock_changed_only_by_services_balances(item):
    adjust(sku=item.sku, delta=-1, actor="test", reason="broken", now=NOW)
    assert list(check_stock()) == []


@pytest.mark.parametrize(
    "change", ["available = available - 1", "on_hand = on_hand + 1", "available = 0, on_hand = 0"]
)
def test_counters_changed_by_hand_are_found(item, change):
    run_sql(f"UPDATE inventory_stockitem SET {change} WHERE id = %s", item.id)  # noqa: S608
    [finding] = check_stock()
    assert (finding.check, finding.subject) == ("counters-differ-from-ledger", item.sku)
    assert finding.expected == "available 3, on hand 5"
    assert finding.repairable


@pytest.mark.parametrize("kind", ["receive", "reserve"])
def test_a_deleted_ledger_row_is_found(item, kind):
    run_sql("DELETE FROM inventory_stockmovement WHERE id = %s", find_row(item, kind))
    assert ("counters-differ-from-ledger", item.sku) in list_checks()


def test_a_changed_ledger_row_is_found(item):
    run_sql(
        "UPDATE inventory_stockmovement SET available_delta = 4, on_hand_delta = 4 WHERE id = %s",
        find_row(item, "receive"),
    )
    [finding] = check_stock()
    assert (finding.expected, finding.actual) == ("available 2, on hand 4", "available 3, on hand 5")


def test_a_release_of_more_than_was_reserved_is_found(item):
    row = find_row(item, "release")
    run_sql("UPDATE inventory_stockmovement SET available_delta = 2 WHERE id = %s", row)
    run_sql("UPDATE inventory_stockitem SET available = available + 1 WHERE id = %s", item.id)
    [finding] = check_stock()
    assert (finding.check, finding.subject) == ("settled-differs-from-reserved", item.sku)
    assert f"ledger row {row}" in finding.detail
    assert (finding.expected, finding.actual) == (1, 2)


def test_a_release_without_a_reservation_is_found(item):
    run_sql(
        "UPDATE inventory_stockmovement SET reference = 'order:X' WHERE id = %s", find_row(item, "release")
    )
    assert list_checks() == [("settled-differs-from-reserved", item.sku)]


def test_units_both_released_and_shipped_are_found(item):
    release = StockMovement.objects.get(id=find_row(item, "release"))
    run_sql(
        "INSERT INTO inventory_stockmovement (id, stock_item_id, kind, available_delta, on_hand_delta,"
        " reference, actor, reason, created_at) VALUES (1, %s, 'ship', 0, -1, %s, '', '', %s)",
        *(item.id, release.reference, "2026-03-01"),
    )
    run_sql("UPDATE inventory_stockitem SET on_hand = on_hand - 1 WHERE id = %s", item.id)
    assert list_checks() == [("settled-differs-from-reserved", item.sku)] * 2


def test_movements_of_a_stock_item_that_is_gone_are_found(item):
    run_sql("DELETE FROM inventory_stockitem WHERE id = %s", item.id)
    assert ("movement-without-stock-item", f"#{item.id}") in list_checks()


def test_repairing_sets_the_counters_to_the_ledger_and_raises_the_version(item):
    run_sql("UPDATE inventory_stockitem SET available = 1, on_hand = 9 WHERE id = %s", item.id)
    assert repair_counters(sku=item.sku) is True
    level = get_stock_level(sku=item.sku)
    assert (level.available, level.on_hand, level.version) == (3, 5, item.version + 1)
    assert list(check_stock()) == []


def test_a_ledger_that_sums_to_no_possible_stock_is_not_followed(item):
    run_sql("DELETE FROM inventory_stockmovement WHERE id = %s", find_row(item, "receive"))
    [finding] = check_stock()
    assert not finding.repairable
    assert repair_counters(sku=item.sku) is False
    assert StockItem.objects.get(id=item.id).available == item.available
