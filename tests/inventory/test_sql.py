"""INSERT statements made from the models: every column has a value, and rows read back as they were given."""

import datetime as dt

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import DataError, IntegrityError, transaction

from inventory.models import StockMovement
from inventory.selectors import get_stock_level
from inventory.sql import RowInsert, Statement, execute_together, placeholders
from tests.builders import NOW, make_stock_item

FIELDS = [
    *("id", "stock_item", "kind", "available_delta", "on_hand_delta"),
    *("reference", "actor", "reason", "created_at"),
]


def make_row(item, id_, reference, created_at=NOW):
    return (id_, item.id, "receive", 1, 1, reference, "Zoë 🦊", "100% 'sure'; --", created_at)


def insert(*rows):
    with transaction.atomic():
        execute_together([RowInsert(StockMovement, FIELDS).prepare(rows)])


@pytest.mark.parametrize("missing", FIELDS)
def test_a_column_without_a_value_is_refused_when_the_statement_is_made(missing):
    with pytest.raises(ValueError, match="StockMovement: no value for"):
        RowInsert(StockMovement, [name for name in FIELDS if name != missing])


def test_a_field_that_the_model_does_not_have_is_refused():
    with pytest.raises(FieldDoesNotExist):
        RowInsert(StockMovement, [*FIELDS, "colour"])


@pytest.mark.django_db
def test_rows_read_back_as_they_were_given():
    item = make_stock_item(on_hand=0)
    insert(make_row(item, 1, "first"), make_row(item, 2, "second"))
    rows = StockMovement.objects.filter(stock_item_id=item.id).order_by("id")
    assert list(rows.values_list(*FIELDS)) == [make_row(item, 1, "first"), make_row(item, 2, "second")]


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [-5, 0, 10.5])
def test_times_are_stored_in_utc_whatever_zone_they_came_in(hours):
    item = make_stock_item(on_hand=0)
    moment = NOW.replace(microsecond=123456)
    insert(make_row(item, 1, "r", moment.astimezone(dt.timezone(dt.timedelta(hours=hours)))))
    stored = StockMovement.objects.get(id=1).created_at
    assert (stored, stored.tzinfo) == (moment, dt.UTC)


@pytest.mark.django_db
def test_the_first_statement_that_fails_ends_those_sent_together():
    item = make_stock_item(on_hand=0)
    statements = [RowInsert(StockMovement, FIELDS).prepare([make_row(item, n, "same")]) for n in (1, 2)]
    last = Statement("UPDATE inventory_stockitem SET version = 99 WHERE id = %s", [item.id])
    with pytest.raises(IntegrityError, match="stockmovement_once"), transaction.atomic():
        execute_together([*statements, last])
    assert not StockMovement.objects.filter(stock_item_id=item.id).exists()
    assert get_stock_level(sku=item.sku) == item


def test_there_is_a_placeholder_for_each_value():
    assert placeholders([1, 2, 3]) == "%s, %s, %s"


@pytest.mark.django_db
def test_a_row_that_is_there_is_left_as_it_is_and_every_other_error_is_raised():
    item = make_stock_item()
    rows = RowInsert(StockMovement, FIELDS)
    insert(make_row(item, 1, "first"))
    execute_together([rows.prepare([make_row(item, 2, "first"), make_row(item, 3, "second")]).or_leave("id")])
    assert {1, 3} < set(StockMovement.objects.values_list("id", flat=True))
    assert not StockMovement.objects.filter(id=2).exists()
    with pytest.raises(DataError), transaction.atomic():
        execute_together([rows.prepare([make_row(item, 4, "x" * 1000)]).or_leave("id")])
