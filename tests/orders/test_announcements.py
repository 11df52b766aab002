"""What becomes of an order is told in the transaction that made it so, and only to those who want to know."""

import json

import pytest
from django.db import connection, transaction

from inventory.errors import OutOfStock
from orders.benchmark import reference
from orders.models import OutboxMessage
from orders.services import (
    cancel_order,
    connect,
    fulfil_order,
    mark_paid,
    mark_refunded,
    sweep_expired_orders,
)
from tests.builders import NOW, buy, make_stock_item, revive

pytestmark = pytest.mark.django_db

PLACED, PAID, CANCELLED = "order.placed", "order.paid", "order.cancelled"
FULFILLED, REFUNDED = "order.fulfilled", "order.refunded"


@pytest.fixture
def item():
    return make_stock_item(on_hand=9)


@pytest.fixture
def _everybody_listens():
    for topic in (PLACED, PAID, CANCELLED, FULFILLED, REFUNDED):
        connect(topic, lambda key, payload: None, subscriber="test")


def list_told(order):
    """Return the topics told of an order, in the order of their writing."""
    messages = OutboxMessage.objects.filter(payload={"order_id": order.id}).order_by("id")
    assert all(message.key == f"{message.topic}:{order.id}" for message in messages)
    return [message.topic for message in messages]


def do(change, order, **kwargs):
    with transaction.atomic():
        change(order_id=order.id, now=NOW, **kwargs)


@pytest.mark.usefixtures("_everybody_listens")
def test_each_move_of_an_order_is_told_once(item):
    order = buy((item, 1)).order
    assert list_told(order) == [PLACED]
    do(mark_paid, order)
    assert list_told(order) == [PLACED, PAID]
    fulfil_order(number=order.number, actor="ann", now=NOW)
    assert list_told(order) == [PLACED, PAID, FULFILLED]
    do(mark_refunded, order, actor="ann")
    assert list_told(order) == [PLACED, PAID, FULFILLED, REFUNDED]


@pytest.mark.usefixtures("_everybody_listens")
def test_a_late_payment_is_told_as_a_payment(item):
    order = buy((item, 1)).order
    cancel_order(number=order.number, reason="expired", actor="sweep", now=NOW)
    revive(order)
    assert list_told(order) == [PLACED, CANCELLED, PAID]


@pytest.mark.usefixtures("_everybody_listens")
def test_a_late_payment_that_finds_no_stock_is_not_told(item):
    order = buy((item, 9)).order
    cancel_order(number=order.number, reason="expired", actor="sweep", now=NOW)
    buy((item, 1))
    with pytest.raises(OutOfStock):
        revive(order)
    assert list_told(order) == [PLACED, CANCELLED]


@pytest.mark.usefixtures("_everybody_listens")
@pytest.mark.parametrize("strategy", ["conditional", "combined"])
def test_a_free_order_is_told_as_placed_and_paid(strategy):
    item = make_stock_item(strategy=strategy)
    order = buy((item, 1), unit_price=0).order
    assert order.status == "paid"
    assert list_told(order) == [PLACED, PAID]


@pytest.mark.usefixtures("_everybody_listens")
def test_an_order_that_ran_out_of_time_is_told_as_cancelled(item):
    order = buy((item, 1), due_at=NOW).order
    sweep_expired_orders(now=NOW.replace(hour=13))
    assert list_told(order) == [PLACED, CANCELLED]


@pytest.mark.usefixtures("_everybody_listens")
def test_the_same_checkout_again_is_not_told_again(item):
    order = buy((item, 1), key="k").order
    assert buy((item, 1), key="k").replayed
    assert list_told(order) == [PLACED]


@pytest.mark.usefixtures("_everybody_listens")
def test_a_checkout_that_found_no_stock_tells_nothing(item):
    buy((item, 9))
    OutboxMessage.objects.all().delete()
    with pytest.raises(OutOfStock):
        buy((item, 1))
    assert not OutboxMessage.objects.exists()


def test_what_nobody_wants_to_know_is_not_written(item, monkeypatch):
    monkeypatch.setattr("orders.subscribers._handlers", {})
    order = buy((item, 1)).order
    do(mark_paid, order)
    fulfil_order(number=order.number, actor="ann", now=NOW)
    do(mark_refunded, order, actor="ann")
    cancel_order(number=buy((item, 1)).order.number, reason="staff", actor="ann", now=NOW)
    assert not OutboxMessage.objects.exists()


@pytest.mark.usefixtures("_everybody_listens")
def test_the_benchmarks_reference_writes_the_same_message(item):
    order = buy((item, 1)).order
    ours = OutboxMessage.objects.get()
    id_, key, placed_at = ours.id, ours.key, ours.created_at.replace(tzinfo=None)
    ours.delete()
    with connection.cursor() as cursor:
        payload = json.dumps({"order_id": order.id})
        cursor.execute(reference._MESSAGE, (id_, key, payload, placed_at, placed_at))
    ours.id = id_
    theirs = OutboxMessage.objects.get()
    names = [field.attname for field in OutboxMessage._meta.concrete_fields]
    assert {name: getattr(theirs, name) for name in names} == {name: getattr(ours, name) for name in names}
