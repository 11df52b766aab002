"""Rows read by plain statements are what the ORM would have read, and change only as their guard says."""

import pytest
from django.db import transaction

from inventory.errors import GuardClosed
from inventory.models import StockItem, StockMovement
from inventory.rows import RowRead, RowUpdate
from inventory.sql import execute_together
from tests.builders import NOW, make_stock_item

pytestmark = pytest.mark.django_db

ITEMS = RowRead(StockItem)
MOVEMENTS = RowRead(StockMovement)
RENAME = RowUpdate(StockMovement, ["reason", "created_at"], where="id = %s AND reason = %s")


def name_values(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_row_is_read_as_the_orm_reads_it():
    make_stock_item()
    for reader, model in ((ITEMS, StockItem), (MOVEMENTS, StockMovement)):
        (row,) = reader.fetch("WHERE id > %s", (0,))
        assert name_values(row) == name_values(model.objects.get())
        assert row == model.objects.get()


def test_a_time_goes_there_and_comes_back_in_utc():
    make_stock_item()
    assert MOVEMENTS.get("WHERE created_at = %s", (NOW,)).created_at == NOW


def test_rows_that_are_not_there_are_none_or_an_error():
    assert ITEMS.fetch("WHERE id = %s", (1,)) == []
    assert ITEMS.find("WHERE id = %s", (1,)) is None
    assert not ITEMS.exists("WHERE id = %s", (1,))
    with pytest.raises(StockItem.DoesNotExist):
        ITEMS.get("WHERE id = %s", (1,))


def test_what_is_there_exists():
    assert ITEMS.exists("WHERE id = %s", (make_stock_item().id,))


def test_a_row_that_was_read_can_be_saved():
    item = ITEMS.get("WHERE id = %s", (make_stock_item().id,))
    item.low_stock_threshold = 7
    item.save(update_fields=["low_stock_threshold"])
    assert StockItem.objects.get().low_stock_threshold == 7


def test_a_row_is_changed_as_long_as_its_guard_holds():
    make_stock_item()
    movement = StockMovement.objects.get()
    change = RENAME.prepare(["100% sure", NOW], [movement.id, movement.reason], matches=1)
    execute_together([change])
    assert StockMovement.objects.get().reason == "100% sure"
    with pytest.raises(GuardClosed), transaction.atomic():
        execute_together([change])
