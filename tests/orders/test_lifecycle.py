"""Cancelling, shipping and paying orders: what the callers get to know."""

import pytest
from django.db import transaction

from inventory.errors import OutOfStock, TransactionRequired
from inventory.models import StockMovement
from inventory.selectors import get_stock_level
from orders.errors import OrderNotCancellable, OrderNotFound
from orders.models import Order, OutboxMessage
from orders.selectors import get_order
from orders.services import (
    cancel_order,
    fulfil_order,
    lock_order,
    lock_state,
    mark_paid,
    mark_refunded,
)
from tests.builders import NOW, buy, make_stock_item, revive

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    return make_stock_item(on_hand=5)


@pytest.fixture
def order(item):
    return buy((item, 2)).order


def cancel(order, reason="customer"):
    return cancel_order(number=order.number, reason=reason, actor="ann", now=NOW)


@pytest.mark.parametrize("reason", ["customer", "staff", "expired"])
def test_a_cancelled_order_says_why_and_when(order, reason):
    cancelled = cancel(order, reason)
    assert (cancelled.status, cancelled.cancel_reason, cancelled.cancelled_at) == ("cancelled", reason, NOW)
    assert cancelled == get_order(number=order.number)


def test_an_order_is_not_cancelled_for_a_reason_nobody_knows(order):
    with pytest.raises(ValueError, match="boredom"):
        cancel(order, "boredom")
    assert get_order(number=order.number).status == "pending"


def test_cancelling_again_returns_the_order_as_it_was_cancelled_first(order):
    first = cancel(order, "customer")
    assert cancel(order, "staff") == first


def test_an_order_of_many_lines_gives_everything_back(item):
    other = make_stock_item(on_hand=9)
    order = buy((item, 1), (other, 4), (item, 2)).order
    cancel(order)
    assert [get_stock_level(sku=i.sku).available for i in (item, other)] == [5, 9]


def test_cancelling_leaves_word_for_the_gateways_in_the_same_transaction(order):
    cancel(order)
    cancel(order)
    message = OutboxMessage.objects.get(topic="order.cancelled")
    assert (message.topic, message.key) == ("order.cancelled", f"order.cancelled:{order.id}")
    assert message.payload == {"order_id": order.id}


def test_the_ledger_says_who_cancelled_and_why(order):
    cancel(order, "staff")
    movement = StockMovement.objects.get(kind="release")
    assert (movement.actor, movement.reason, movement.reference) == ("ann", "staff", f"order:{order.number}")


def test_a_paid_order_is_not_cancelled_and_leaves_no_word(order):
    with transaction.atomic():
        mark_paid(order_id=order.id, now=NOW)
    with pytest.raises(OrderNotCancellable, match="is paid"):
        cancel(order)
    assert not OutboxMessage.objects.filter(topic="order.cancelled").exists()


def pay(order):
    with transaction.atomic():
        mark_paid(order_id=order.id, now=NOW)


@pytest.mark.parametrize("move", [pay, cancel])
def test_a_parked_order_that_is_paid_or_cancelled_waits_for_nobody(order, move):
    Order.objects.filter(id=order.id).update(parked_at=NOW, parked_because="KeyError('x')")
    move(order)
    moved = Order.objects.get(id=order.id)
    assert (moved.parked_at, moved.parked_because) == (None, "")


def test_orders_are_cancelled_and_shipped_by_a_number_that_exists():
    for change in (
        lambda: cancel_order(number="NOBODYS", reason="customer", actor="ann", now=NOW),
        lambda: fulfil_order(number="NOBODYS", actor="ann", now=NOW),
        lambda: get_order(number="NOBODYS"),
    ):
        with pytest.raises(OrderNotFound) as refusal:
            change()
        assert refusal.value.number == "NOBODYS"


def test_shipping_takes_the_units_out_of_the_house(item, order):
    with transaction.atomic():
        mark_paid(order_id=order.id, now=NOW)
    shipped = fulfil_order(number=order.number, actor="ann", now=NOW)
    assert (shipped.status, shipped.fulfilled_at) == ("fulfilled", NOW)
    level = get_stock_level(sku=item.sku)
    assert (level.on_hand, level.available, level.reserved) == (3, 3, 0)


def test_money_that_comes_late_finds_no_stock_and_changes_nothing(item, order):
    cancel(order)
    buy((item, 4))
    before = get_order(number=order.number)
    with pytest.raises(OutOfStock):
        revive(order)
    assert get_order(number=order.number) == before
    assert get_stock_level(sku=item.sku).available == 1


def test_a_locked_order_is_the_order_as_it_is_now(order):
    with transaction.atomic():
        assert lock_order(order_id=order.id) == get_order(number=order.number)
        with pytest.raises(OrderNotFound):
            lock_order(order_id=1)


@pytest.mark.django_db(transaction=True)
def test_what_changes_an_order_together_with_something_else_needs_its_transaction(order):
    for change in (
        lambda: lock_order(order_id=order.id),
        lambda: mark_paid(order_id=order.id, now=NOW),
        lambda: lock_state(order_id=order.id),
        lambda: mark_refunded(order_id=order.id, actor="ann", now=NOW),
    ):
        with pytest.raises(TransactionRequired):
            change()
    assert get_order(number=order.number).status == "pending"
