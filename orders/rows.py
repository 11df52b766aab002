"""An order's row and those of its parts, read by plain statements; and the order's lock.

That lock is the first that a transaction takes of an order (docs/locking.md), and here is where it is taken.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, Final

from django.db import connection

from inventory.rows import RowRead
from inventory.sql import placeholders
from inventory.transactions import require_transaction
from orders.errors import OrderNotFound
from orders.models import Order
from orders.types import Adjustment, OrderLineView, OrderState

_ORDERS = RowRead(Order)
_LOCK_STATE: Final = (
    "SELECT id, number, status, cancel_reason, stock_reference FROM orders_order WHERE id = %s FOR UPDATE"
)
# Values with the columns of their names.
_LINE, _ADJUSTMENT = (", ".join(kind.__dataclass_fields__) for kind in (OrderLineView, Adjustment))
_READ_LINES: Final = (
    f"SELECT order_id, {_LINE} FROM orders_orderline WHERE order_id IN (%s) ORDER BY order_id, position"  # noqa: S608
)
_READ_ADJUSTMENTS: Final = (
    f"SELECT order_id, {_ADJUSTMENT} FROM orders_orderadjustment WHERE order_id IN (%s) ORDER BY id"  # noqa: S608
)


def lock_row(*, order_id: int) -> Order:
    """Lock an order's row until the transaction ends and return it. Raises OrderNotFound."""
    require_transaction()
    if (order := _ORDERS.find("WHERE id = %s FOR UPDATE", (order_id,))) is None:
        raise OrderNotFound(f"#{order_id}")
    return order


def lock_row_by_number(*, number: str) -> Order:
    """Lock an order's row until the transaction ends and return it. Raises OrderNotFound."""
    require_transaction()
    if (order := _ORDERS.find("WHERE number = %s FOR UPDATE", (number,))) is None:
        raise OrderNotFound(number)
    return order


def lock_state(*, order_id: int) -> OrderState:
    """Lock an order's row until the transaction ends and return where it is in its life: one statement.

    Raises OrderNotFound. Needs a transaction.
    """
    require_transaction()
    # No more than that is read: every event of a payment comes by here.
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_STATE, (order_id,))
        if (state := cursor.fetchone()) is None:
            raise OrderNotFound(f"#{order_id}")
    return OrderState(*state)


def read_rows(*, ids: Collection[int]) -> list[Order]:
    """Return the orders that exist among these ids."""
    return _ORDERS.fetch(f"WHERE id IN ({placeholders(ids)})", list(ids)) if ids else []


def read_lines(order_ids: Collection[int]) -> dict[int, list[OrderLineView]]:
    """Return the lines of orders, in their order, by order id."""
    lines: dict[int, list[OrderLineView]] = defaultdict(list)
    for order_id, *line in _read_parts(_READ_LINES, order_ids):
        lines[order_id].append(OrderLineView(*line))
    return lines


def read_adjustments(order_ids: Collection[int]) -> dict[int, list[Adjustment]]:
    """Return the adjustments of orders, in their order, by order id."""
    adjustments: dict[int, list[Adjustment]] = defaultdict(list)
    for order_id, *adjustment in _read_parts(_READ_ADJUSTMENTS, order_ids):
        adjustments[order_id].append(Adjustment(*adjustment))
    return adjustments


def _read_parts(sql: str, order_ids: Collection[int]) -> list[tuple[Any, ...]]:
    if not order_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql % placeholders(order_ids), list(order_ids))
        return list(cursor.fetchall())
