"""What an order took when it was placed, to be taken once more when its money comes late."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from inventory.types import Demand
from orders.points.models import EntryKind

# One statement for three tables: a late payment holds rows, and each round trip makes that longer.
_READ: Final = (
    "SELECT 'units', stock_item_id, NULL, quantity FROM orders_orderline WHERE order_id = %s"
    " UNION ALL SELECT 'allowance', NULL, `key`, SUM(quantity) FROM orders_allowanceuse WHERE order_id = %s"
    " GROUP BY `key` HAVING SUM(quantity) > 0"
    # Revived and cancelled again, it spent them more than once: the latest spending counts.
    " UNION ALL (SELECT 'points', customer_id, NULL, -points FROM orders_pointsentry"
    " WHERE order_id = %s AND kind = %s ORDER BY id DESC LIMIT 1)"
)


@dataclass(frozen=True, slots=True)
class Takings:
    """Units by stock item, units of each allowance by its key, and the points its customer spent (or 0)."""

    demands: tuple[Demand, ...]
    allowances: Mapping[str, int]
    customer_id: int
    points: int


def read_takings(*, order_id: int) -> Takings:
    """Return what an order took. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, (order_id, order_id, order_id, EntryKind.SPEND.value))
        rows: list[tuple[str, Any, Any, Any]] = list(cursor.fetchall())
    [(customer_id, points)] = [(id_, int(n)) for kind, id_, _key, n in rows if kind == "points"] or [(0, 0)]
    return Takings(
        demands=tuple(Demand(id_, int(n)) for kind, id_, _key, n in rows if kind == "units"),
        allowances={key: int(n) for kind, _id, key, n in rows if kind == "allowance"},
        customer_id=customer_id,
        points=points,
    )
