"""An account that is deleted while its customer orders: the order or the deletion, never half of both."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.contrib.auth import get_user_model

from config.books import check_books
from orders.errors import CustomerGone
from orders.models import Order
from orders.services import cancel_order
from shop.errors import AccountInUse
from shop.services.accounts import delete_account
from tests.builders import NOW, make_customer, make_stock_item
from tests.concurrency.race import race
from tests.orders.spending import buy_with_points
from tests.sessions import row_held, start_thread, wait_for_statement


def order_as(customer_id, item):
    """Order a unit for an account."""
    return buy_with_points(item, customer_id, 0)


def delete(customer_id):
    """Delete an account; True stands for done."""
    delete_account(customer_id=customer_id, now=NOW + dt.timedelta(days=1))
    return True


def test_who_is_about_to_have_an_order_keeps_the_account():
    item, ann = make_stock_item(on_hand=1), make_customer()
    with ThreadPoolExecutor() as pool:
        with row_held("inventory_stockitem", item.id):
            placing = start_thread(pool, lambda: order_as(ann, item))
            wait_for_statement("UPDATE inventory_stockitem")
            deleting = start_thread(pool, lambda: delete(ann))
            wait_for_statement("SELECT `auth_user`")
        assert placing.result().order.status == "pending"
        with pytest.raises(AccountInUse):
            deleting.result()
    assert Order.objects.get().customer_id == ann


@pytest.mark.parametrize("strategy", ["conditional", "combined", "pooled"])
def test_nothing_is_ordered_for_an_account_that_is_gone(strategy):
    item, ann = make_stock_item(on_hand=1, strategy=strategy), make_customer()
    get_user_model().objects.filter(id=ann).delete()
    with pytest.raises(CustomerGone):
        order_as(ann, item)
    assert not Order.objects.exists()
    assert check_books() == []


def test_orders_and_the_deletion_at_once_leave_no_order_with_nobodys_name():
    item, customers = make_stock_item(on_hand=100), [make_customer() for _ in range(4)]
    for ann in customers:
        outcome = race([partial(order_as, ann, item)] * 6 + [partial(delete, ann)])
        assert outcome.count_errors(CustomerGone, AccountInUse) >= 1
        ordered = Order.objects.filter(customer_id=ann)
        is_there = get_user_model().objects.filter(id=ann).exists()
        assert ordered.exists() == is_there
        for number in ordered.values_list("number", flat=True):
            cancel_order(number=number, reason="customer", actor="test", now=NOW)
        if is_there:
            delete(ann)
    assert not Order.objects.exclude(customer_id=None).exists()
    assert check_books() == []
