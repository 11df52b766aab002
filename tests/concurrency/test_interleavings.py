"""Races too short to be met by chance, held open by stopping a statement on its way to the server."""

import datetime as dt

import pytest
from django.db import OperationalError, connection, transaction

from inventory.services import plan_reservation, receive, reserve
from inventory.transactions import run_in_transaction
from inventory.types import Demand
from orders.models import Order
from orders.services import sweep_expired_orders
from tests.builders import NOW, buy, make_stock_item
from tests.concurrency.race import race

LOCK_NOW = "SELECT id FROM inventory_stockitem WHERE id = %s FOR UPDATE NOWAIT"


def in_another_session(work):
    """Do something on a connection of its own, and return what came of it."""
    outcome = race([work])
    assert outcome.errors == []
    return outcome.results[0]


def test_units_that_come_back_between_the_claim_and_the_look_are_not_refused(proxied):
    item = make_stock_item(on_hand=1)
    claims = plan_reservation(demands=[Demand(item.id, 1)])
    buy((item, 1))

    def restock():
        in_another_session(
            lambda: receive(sku=item.sku, quantity=1, actor="test", reason="delivery", now=NOW)
        )

    # The guarded UPDATE has found nothing; what it then reads is what the refusal would be made of.
    proxied.interrupt("SELECT available, version", restock)
    run_in_transaction(lambda: reserve(claims=claims, reference="order:T", actor="test", now=NOW))


def is_locked(order):
    """Say whether somebody holds an order's row."""

    def ask():
        try:
            with transaction.atomic():
                Order.objects.select_for_update(nowait=True).get(id=order.id)
        except OperationalError:
            return True
        return False

    return in_another_session(ask)


def test_an_order_the_sweep_is_about_to_cancel_cannot_be_paid_any_more(proxied):
    order = buy((make_stock_item(on_hand=1), 1)).order
    locked = []
    proxied.interrupt("UPDATE orders_order", lambda: locked.append(is_locked(order)))
    assert sweep_expired_orders(now=order.payment_due_at + dt.timedelta(seconds=1)).cancelled == 1
    assert locked == [True]


@pytest.mark.parametrize("strategy", ["conditional", "combined"])
def test_the_hot_row_is_free_until_everything_else_is_written(proxied, strategy):
    item = make_stock_item(on_hand=5, strategy=strategy)
    free = []

    def look():
        def ask():
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT id FROM inventory_stockitem WHERE id = %s FOR UPDATE NOWAIT", [item.id]
                )
            return True

        free.append(in_another_session(ask))

    proxied.interrupt("UPDATE inventory_stockitem", look)
    buy((item, 1))
    assert free == [True]
