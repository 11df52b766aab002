"""Brakes: nobody holds a shop's stock in orders that are never paid.

The units of unpaid orders are summed by customer and by address before a new order is written, without a
lock. Orders that arrive in the same moment do not see each other, so a few too many can pass; a limit that
must hold exactly is an allowance (orders/allowances.py).
"""

import datetime as dt
from typing import Final

from django.db import connection

from inventory.sql import to_driver
from orders.errors import TooManyUnpaid
from orders.states import OrderStatus
from orders.types import OrderDraft, UnpaidLimits

# What is past its deadline holds nothing that the next sweep does not take, and is not counted.
_OPEN_UNITS: Final = (
    "(SELECT COALESCE(SUM(units), 0) FROM orders_order"  # noqa: S608 - nothing of a caller's
    f" WHERE {{column}} = %s AND payment_due_at >= %s AND status = '{OrderStatus.PENDING.value}')"
)


def require_room_for_unpaid(*, draft: OrderDraft, limits: UnpaidLimits, now: dt.datetime) -> None:
    """Raise TooManyUnpaid if unpaid orders of this customer or address hold too much to add these units.

    A first order is never too much, however large. One statement where there is somebody to count, none
    otherwise.
    """
    counted = [
        (column, value, limit)
        for column, value, limit in (
            ("customer_id", draft.customer_id, limits.per_customer),
            ("client_address", draft.client_address, limits.per_address),
        )
        if value and limit
    ]
    if not counted or draft.total_amount == 0:
        return
    parts = [_OPEN_UNITS.format(column=column) for column, _value, _limit in counted]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(parts)}",
            [parameter for _column, value, _limit in counted for parameter in (value, to_driver(now))],
        )
        open_units = [int(units) for units in cursor.fetchone()]
    for units, (_column, _value, limit) in zip(open_units, counted, strict=True):
        if units and units + draft.units > limit:
            raise TooManyUnpaid(units, limit)
