"""Late money for a basket of which a part is gone: refunded, while nobody waits for the rest."""

import datetime as dt

import pytest
from django.db import OperationalError, connection

from inventory.selectors import get_stock_level
from orders.selectors import get_order
from orders.services import sweep_expired_orders
from payments.models import GatewayEvent, Refund
from tests.builders import NOW, buy, make_payment_callback, make_stock_item
from tests.sessions import run_sql, second_session

pytestmark = pytest.mark.django_db(transaction=True)

_SELL_OUT = "UPDATE inventory_stockitem SET available = 0, version = version + 1 WHERE id = %s"
_PROBE = "SELECT id FROM inventory_stockitem WHERE id = %s FOR UPDATE NOWAIT"


def test_no_stock_row_is_held_while_the_refund_is_written():
    items = sorted((make_stock_item(), make_stock_item()), key=lambda item: item.id)
    order = buy(*((item, 2) for item in items)).order
    callback = make_payment_callback(order)
    sweep_expired_orders(now=NOW + dt.timedelta(hours=1))
    seen = []

    with second_session() as other:

        def look_on(execute, sql, params, many, context):
            if "UPDATE inventory_stockitem" in sql and "sold" not in seen:
                # Between the first look at the stock and the claim somebody buys all of the second item.
                run_sql(_SELL_OUT, items[1].id, session=other)
                seen.append("sold")
            if sql.startswith("INSERT INTO `payments_refund`"):
                try:
                    run_sql(_PROBE, items[0].id, session=other)
                    seen.append("free")
                except OperationalError:
                    seen.append("locked")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(look_on):
            callback.deliver()
    assert seen == ["sold", "free"]
    assert GatewayEvent.objects.get().outcome == "late_refunded"
    assert (get_order(number=order.number).status, Refund.objects.get().amount) == ("cancelled", 4000)
    assert get_stock_level(sku=items[0].sku).available == 5
