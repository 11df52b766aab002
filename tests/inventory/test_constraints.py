"""What the database itself refuses, whoever writes: the last line behind every rule of stock."""

import pytest
from django.db import IntegrityError, transaction

from inventory.models import MovementKind, StockItem, StockMovement
from tests.builders import NOW, make_stock_item
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db


def write_item(*, sku="RAW", on_hand=0, available=0):
    """Write a stock item past every service."""
    with transaction.atomic():
        StockItem.objects.bulk_create([StockItem(sku=sku, on_hand=on_hand, available=available)])


def write_movement(item, kind, available, on_hand, *, id_=1, reference="raw"):
    """Write a ledger row past every service."""
    row = StockMovement(
        id=id_,
        stock_item_id=item.id,
        kind=kind,
        available_delta=available,
        on_hand_delta=on_hand,
        reference=reference,
        actor="test",
        created_at=NOW,
    )
    with transaction.atomic():
        StockMovement.objects.bulk_create([row])


def test_available_cannot_be_negative():
    with pytest.raises(IntegrityError, match="stockitem_available_not_negative"):
        write_item(on_hand=0, available=-1)


def test_no_statement_can_make_a_slice_negative():
    item = make_stock_item(strategy="pooled")
    run_sql("INSERT INTO inventory_stockslice (stock_item_id, slot, units) VALUES (%s, 0, 2)", item.id)
    with pytest.raises(IntegrityError, match="stockslice_units_not_negative"), transaction.atomic():
        run_sql("UPDATE inventory_stockslice SET units = units - 3 WHERE stock_item_id = %s", item.id)


def test_an_item_has_one_slice_in_each_slot():
    insert = "INSERT INTO inventory_stockslice (stock_item_id, slot, units) VALUES (%s, 0, 2)"
    item = make_stock_item(strategy="pooled")
    run_sql(insert, item.id)
    with pytest.raises(IntegrityError, match="PRIMARY"), transaction.atomic():
        run_sql(insert, item.id)


def test_no_statement_can_make_available_negative():
    item = make_stock_item(on_hand=2)
    with pytest.raises(IntegrityError, match="stockitem_available_not_negative"), transaction.atomic():
        run_sql("UPDATE inventory_stockitem SET available = available - 3 WHERE id = %s", item.id)


def test_no_more_can_be_promised_than_is_on_hand():
    with pytest.raises(IntegrityError, match="stockitem_available_within_on_hand"):
        write_item(on_hand=5, available=6)


def test_on_hand_cannot_fall_below_what_is_available():
    item = make_stock_item(on_hand=2)
    with pytest.raises(IntegrityError, match="stockitem_available_within_on_hand"), transaction.atomic():
        run_sql("UPDATE inventory_stockitem SET on_hand = on_hand - 1 WHERE id = %s", item.id)


def test_a_sku_belongs_to_one_stock_item():
    write_item(sku="ONE")
    with pytest.raises(IntegrityError, match="sku"):
        write_item(sku="ONE")


def test_skus_that_differ_in_case_are_different():
    write_item(sku="case")
    write_item(sku="CASE")
    assert StockItem.objects.get(sku="case") != StockItem.objects.get(sku="CASE")


@pytest.mark.parametrize(
    ("kind", "available", "on_hand"),
    [
        ("receive", 0, 0),
        ("receive", -1, -1),
        ("receive", 1, 0),
        ("receive", 0, 1),
        ("return", 0, 0),
        ("return", -1, -1),
        ("return", 1, 2),
        ("adjust", 0, 0),
        ("adjust", 1, 2),
        ("adjust", 1, -1),
        ("reserve", 0, 0),
        ("reserve", 1, 0),
        ("reserve", -1, -1),
        ("release", 0, 0),
        ("release", -1, 0),
        ("release", 1, 1),
        ("ship", 0, 0),
        ("ship", 0, 1),
        ("ship", -1, -1),
        ("unknown", 1, 1),
    ],
)
def test_a_movement_must_move_units_as_its_kind_does(kind, available, on_hand):
    item = make_stock_item()
    with pytest.raises(IntegrityError, match="stockmovement_deltas_fit_kind"):
        write_movement(item, kind, available, on_hand)


def test_every_kind_of_movement_has_deltas_that_fit():
    item = make_stock_item()
    fitting = {
        "receive": (1, 1),
        "adjust": (-1, -1),
        "reserve": (-1, 0),
        "release": (1, 0),
        "ship": (0, -1),
        "return": (1, 1),
    }
    assert fitting.keys() == set(MovementKind.values)
    for id_, (kind, deltas) in enumerate(fitting.items(), start=1):
        write_movement(item, kind, *deltas, id_=id_)


def test_a_reference_is_booked_once_for_each_stock_item_and_kind():
    item, other = make_stock_item(), make_stock_item()
    write_movement(item, "release", 1, 0, id_=1, reference="order:X")
    write_movement(other, "release", 1, 0, id_=2, reference="order:X")
    write_movement(item, "reserve", -1, 0, id_=3, reference="order:X")
    with pytest.raises(IntegrityError, match="stockmovement_once"):
        write_movement(item, "release", 1, 0, id_=4, reference="order:X")


def test_no_row_that_a_checkout_inserts_has_a_foreign_key_to_a_stock_row():
    # Its shared lock on the stock row, followed by the UPDATE, would be a deadlock between any two buyers.
    tables = run_sql(
        "SELECT table_name FROM information_schema.key_column_usage"
        " WHERE table_schema = DATABASE() AND referenced_table_name = 'inventory_stockitem'"
    )
    assert {table for (table,) in tables}.isdisjoint(
        {"inventory_stockmovement", "orders_order", "orders_orderline"}
    )
