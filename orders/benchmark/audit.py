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
    units_in_orders: int
    units_taken: int
    oversold_units: int
    units_left: int
    books_balanced: bool


def audit_run(*, scope: str, items: Sequence[StockLevel]) -> Audit:
    """Compare orders, ledger and counters of one run's stock items, which nobody else uses. Reads only.

    Oversold are, for each item, the units in orders beyond those taken from stock: an order that took nothing
    is a promise the shop cannot keep, even while the counter stays positive.
    """
    ids = [item.id for item in items]
    ordered = _read_pairs(
        "SELECT line.stock_item_id, SUM(line.quantity) FROM orders_order o"
        " JOIN orders_orderline line ON line.order_id = o.id WHERE o.idempotency_scope = %s GROUP BY 1",
        [scope],
    )
    of_these = f"IN ({placeholders(ids)})"
    movements = f"WHERE kind = 'reserve' AND stock_item_id {of_these} GROUP BY 1"
    reserved = _read_pairs(
        f"SELECT stock_item_id, -SUM(available_delta) FROM inventory_stockmovement {movements}",  # noqa: S608
        ids,
    )
    left = _read_pairs(f"SELECT id, available FROM inventory_stockitem WHERE id {of_these}", ids)  # noqa: S608
    orders = _read_pairs("SELECT 0, COUNT(*) FROM orders_order WHERE idempotency_scope = %s", [scope])[0]
    taken = {item.id: item.available - left[item.id] for item in items}
    return Audit(
        orders=orders,
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
