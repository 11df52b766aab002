"""What the database says after a run, by plain SQL: the judge shares nothing with the code it judges."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from inventory.sql import placeholders
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
    ordered = _read_pairs(
        "SELECT line.stock_item_id, SUM(line.quantity) FROM orders_order o"
        " JOIN orders_orderline line ON line.order_id = o.id"
        " WHERE o.id > %s AND o.status <> 'cancelled' GROUP BY 1",
        [since_id],
    )
    of_these = f"IN ({placeholders(ids)})"
    movements = f"WHERE kind IN ('reserve', 'release') AND stock_item_id {of_these} GROUP BY 1"
    reserved = _read_pairs(
        f"SELECT stock_item_id, -SUM(available_delta) FROM inventory_stockmovement {movements}",  # noqa: S608
        ids,
    )
    # Nothing is shipped in a run, so what is here and cannot be promised any more was taken by orders.
    available = (
        "available + (SELECT COALESCE(SUM(units), 0) FROM inventory_stockslice WHERE stock_item_id = item.id)"
    )
    counters = f"FROM inventory_stockitem item WHERE id {of_these}"
    taken = _read_pairs(f"SELECT id, on_hand - ({available}) {counters}", ids)
    left = _read_pairs(f"SELECT id, {available} {counters}", ids)
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


def _read_pairs(sql: str, parameters: Sequence[int | str]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return {int(key): int(value) for key, value in cursor.fetchall()}
