"""What the database itself refuses, whoever writes: the last line behind every rule of orders."""

from dataclasses import asdict

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from inventory.ids import new_id
from orders.models import Order, OrderLine, OutboxMessage
from orders.services import enqueue
from orders.states import OrderStatus
from tests.builders import NOW, buy, make_stock_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    return Order.objects.get(id=buy((make_stock_item(), 1)).order.id)


def update(rows, **columns):
    """Change rows past every service."""
    with transaction.atomic():
        rows.update(**columns)


def copy(row, **columns):
    """Write the row again under another id, with these columns changed."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    with transaction.atomic():
        type(row).objects.bulk_create([type(row)(**{**values, "id": new_id(), **columns})])


def test_an_order_has_a_status_that_is_known(order):
    with pytest.raises(IntegrityError, match="order_status_known"):
        update(Order.objects, status="lost")


@pytest.mark.parametrize("status", OrderStatus.values)
def test_every_status_is_known_to_the_database(order, status):
    update(Order.objects, status=status)


def test_an_order_costs_nothing_or_more(order):
    update(Order.objects, total_amount=0)
    # Less than nothing is less than what was refunded, too: servers differ in which of the two they name.
    with pytest.raises(IntegrityError, match=r"order_total_not_negative|order_refunds_within_total"):
        update(Order.objects, total_amount=-1)


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_line_orders_at_least_one_unit(order, quantity):
    with pytest.raises(IntegrityError, match="orderline_quantity_positive"):
        update(OrderLine.objects, quantity=quantity)


def test_a_line_costs_nothing_or_more(order):
    update(OrderLine.objects, unit_price=0)
    with pytest.raises(IntegrityError, match="orderline_price_not_negative"):
        update(OrderLine.objects, unit_price=-1)


def test_a_number_belongs_to_one_order(order):
    with pytest.raises(IntegrityError, match="number"):
        copy(order, idempotency_key="another")


def test_an_idempotency_key_belongs_to_one_order_in_its_scope(order):
    copy(order, number="N1", idempotency_scope="another")
    copy(order, number="N2", idempotency_key="another")
    with pytest.raises(IntegrityError, match="order_once_per_key"):
        copy(order, number="N3")


@pytest.mark.parametrize("key", [1, 2])
def test_a_line_belongs_to_an_order_that_exists(order, key):
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(id=order.id).update(id=F("id") + key)


def test_a_message_is_written_once_for_its_key():
    def write():
        with transaction.atomic():
            enqueue(topic="test", payloads={"k": {}}, now=NOW)

    write()
    with pytest.raises(IntegrityError, match="key"):
        write()
    assert OutboxMessage.objects.count() == 1


def test_an_order_that_the_service_returns_is_the_row(order):
    view = buy((make_stock_item(), 1)).order
    row = Order.objects.get(id=view.id)
    shared = asdict(view).keys() - {"lines", "adjustments"}
    assert {name: getattr(row, name) for name in shared} == {name: getattr(view, name) for name in shared}
