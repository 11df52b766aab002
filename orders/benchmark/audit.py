"""What the database says after a run, by plain SQL: the judge shares nothing with the code it judges."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from inventory.types import StockLevel


@dataclass(frozen=True, slots=True)
class Audit:
    """Units and orders of one run."""

    orders: int
    paid_orders: int
    units_in_orders: int
    units_taken: int
    oversold_units: int
    units_left: int
    books_balanced: bool


def audit_run(*, since_id: int, items: Sequence[StockLevel]) -> Audit:
    """Compare orders, ledger and counters of one run: its stock items, and all orders with later ids. Reads.

    Oversold are, for each item, the units in live orders beyond those taken from stock: an order that took
    nothing is a promise the shop cannot keep, even while the counter stays positive.
    """
    ids = [item.id for item in items]
    ordered = _read_ordered(since_id)
    left, on_hand, reserved = _read_stock(ids)
    # Nothing is shipped in a run, so what is here and cannot be promised any more was taken by orders.
    taken = {id_: on_hand[id_] - left[id_] for id_ in ids}
    orders = _read_pairs(
        "SELECT status = 'paid', COUNT(*) FROM orders_order WHERE id > %s GROUP BY 1", [since_id]
    )
    return Audit(
        orders=sum(orders.values()),
        paid_orders=orders.get(1, 0),
        units_in_orders=sum(ordered.values()),
        units_taken=sum(taken.values()),
        oversold_units=sum(max(0, ordered.get(id_, 0) - taken[id_]) for id_ in ids),
        units_left=sum(left[id_] for id_ in ids[:-1]),
        books_balanced=all(ordered.get(id_, 0) == taken[id_] == reserved.get(id_, 0) for id_ in ids),
    )


def _read_ordered(since_id: int) -> dict[int, int]:
    """Return units in live orders by stock item."""
    return _read_pairs(
        "SELECT line.stock_item_id, SUM(line.quantity) FROM orders_order o"
        " JOIN orders_orderline line ON line.order_id = o.id"
        " WHERE o.id > %s AND o.status <> 'cancelled' GROUP BY 1",
        [since_id],
    )


def _read_stock(ids: Sequence[int]) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    """Return by stock item: units that can be promised, units on hand, units reserved by the ledger."""
    # The driver writes a tuple down as SQL does.
    these = [tuple(ids)]
    left = _read_pairs(
        "SELECT item.id, item.available + COALESCE(SUM(slice.units), 0) FROM inventory_stockitem item"
        " LEFT JOIN inventory_stockslice slice ON slice.stock_item_id = item.id WHERE item.id IN %s"
        " GROUP BY item.id, item.available",
        these,
    )
    on_hand = _read_pairs("SELECT id, on_hand FROM inventory_stockitem WHERE id IN %s", these)
    reserved = _read_pairs(
        "SELECT stock_item_id, -SUM(available_delta) FROM inventory_stockmovement"
        " WHERE kind IN ('reserve', 'release') AND stock_item_id IN %s GROUP BY 1",
        these,
    )
    return left, on_hand, reserved


def _read_pairs(sql: str, parameters: Sequence[Any]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return {int(key): int(value) for key, value in cursor.fetchall()}
