"""Do balances equal the sums of the points ledger, and does the ledger hold what the orders cost?

Run inside `consistent_snapshot`.
"""

from collections.abc import Iterator
from typing import Final

from django.db import connection

from inventory.types import Finding
from orders.states import LIVE_STATUSES, OrderStatus

_SUMS: Final = (
    "(SELECT customer_id, SUM(points) AS points, SUM(owed) AS owed FROM orders_pointsentry"
    " GROUP BY customer_id) AS sums"
)
_DIFFERING: Final = (
    "SELECT b.customer_id, COALESCE(sums.points, 0), COALESCE(sums.owed, 0), b.balance, b.owed"  # noqa: S608
    f" FROM orders_pointsbalance AS b LEFT JOIN {_SUMS} ON sums.customer_id = b.customer_id"
    " WHERE b.balance <> COALESCE(sums.points, 0) OR b.owed <> COALESCE(sums.owed, 0)"
    " UNION ALL SELECT sums.customer_id, sums.points, sums.owed, 0, 0"
    f" FROM {_SUMS} LEFT JOIN orders_pointsbalance AS b ON b.customer_id = sums.customer_id"
    " WHERE b.customer_id IS NULL AND (sums.points <> 0 OR sums.owed <> 0) ORDER BY 1"
)
_COST: Final = (
    "(SELECT order_id, SUM(points) AS points FROM orders_orderadjustment WHERE points <> 0"
    " GROUP BY order_id) AS cost"
)
_TAKEN: Final = (
    # What was given back paid off first what its customer owed: both count as returned.
    "(SELECT order_id, SUM(owed - points) AS points FROM orders_pointsentry"
    " WHERE kind IN ('spend', 'give_back') GROUP BY order_id) AS taken"
)
_WRONG_ORDERS: Final = (
    "SELECT o.number, o.status, IF(o.status IN %(live)s, COALESCE(cost.points, 0), 0) AS due,"
    " COALESCE(taken.points, 0) AS taken FROM orders_order AS o JOIN {one} ON {one_id} = o.id"
    " LEFT JOIN {other} ON {other_id} = o.id HAVING due <> taken"
)
_KEPT: Final = (
    "SELECT o.number, o.status, SUM(e.points - e.owed) AS kept FROM orders_pointsentry AS e"
    " JOIN orders_order AS o ON o.id = e.order_id WHERE e.kind IN ('earn', 'take_back')"
    " GROUP BY o.id, o.number, o.status HAVING kept < 0 OR (kept > 0 AND o.status NOT IN %(kept_in)s)"
)


def check_points() -> Iterator[Finding]:
    """Yield every disagreement of balances, points ledger and orders."""
    yield from _check_balances()
    yield from _check_spent()
    yield from _check_earned()


def _check_balances() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERING)
        rows = cursor.fetchall()
    for customer_id, points, owed, balance, counted in rows:
        yield Finding(
            "points-differ-from-ledger",
            f"customer #{customer_id}",
            "balance and what is owed",
            f"{points} / {owed}",
            f"{balance} / {counted}",
        )


def _check_spent() -> Iterator[Finding]:
    for (number, status), (due, taken) in sorted(_find_wrong_orders().items()):
        yield Finding("points-differ-from-order", number, f"points of an order that is {status}", due, taken)


def _find_wrong_orders() -> dict[tuple[str, str], tuple[int, int]]:
    found = {}
    # From both sides: an order without its entries, and entries of an order that costs no points.
    for one, other in (("cost", "taken"), ("taken", "cost")):
        tables = {"cost": _COST, "taken": _TAKEN}
        sql = _WRONG_ORDERS.format(
            one=tables[one], one_id=f"{one}.order_id", other=tables[other], other_id=f"{other}.order_id"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, {"live": LIVE_STATUSES})
            found.update({(n, status): (int(due), int(taken)) for n, status, due, taken in cursor.fetchall()})
    return found


def _check_earned() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, {"kept_in": (OrderStatus.PAID, OrderStatus.FULFILLED)})
        rows = cursor.fetchall()
    for number, status, kept in rows:
        yield Finding("points-kept-without-order", number, f"the order is {status}", 0, int(kept))
