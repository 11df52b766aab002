"""Purchase allowances: how many units one customer may have in all, across orders.

A shop names allowances by keys (an account, an e-mail address) and says with each order how many units of
which limit it takes. The units are counted in one row for each key, in the transaction that writes the order,
so that the limit holds however many orders are tried at once: the row's CHECK refuses what is too much.
Orders that are cancelled or refunded give theirs back in the transaction that moves them.

Which units count follows from the status of the orders alone, so an order's compare-and-set is what makes
them come back once. These rows come after the order's and before the stock's, in the order of their keys
(docs/locking.md).
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from django.db import IntegrityError, connection

from inventory.errors import GuardClosed, StockConflict
from inventory.ids import new_ids
from inventory.sql import RowInsert, Statement, execute_together, placeholders
from inventory.transactions import require_transaction
from orders.errors import AllowanceExceeded
from orders.models import AllowanceUse, PurchaseAllowance
from orders.states import LIVE_STATUSES
from orders.types import MAX_ALLOWANCE_KEY_LENGTH, Allowance

_LIMIT_CHECK: Final = "purchaseallowance_within_limit"
_INSERT_ALLOWANCES = RowInsert(PurchaseAllowance, ["key", "used", "unit_limit"])
_INSERT_USES = RowInsert(AllowanceUse, ["id", "order", "key", "quantity", "stock_item"])
_READ: Final = "SELECT `key`, used, unit_limit FROM orders_purchaseallowance WHERE `key` IN"
_SUM_USES: Final = "SELECT `key`, SUM(quantity) FROM orders_allowanceuse WHERE order_id IN"
_CLAIM_AGAIN: Final = (
    "UPDATE orders_purchaseallowance SET used = used + %s WHERE `key` = %s AND used + %s <= unit_limit"
)
_USE_LESS: Final = "UPDATE orders_allowanceuse SET quantity = quantity - %s WHERE id = %s AND quantity >= %s"
_GIVE_BACK: Final = "UPDATE orders_purchaseallowance SET used = used - %s WHERE `key` = %s AND used >= %s"
_HELD: Final = (
    "(SELECT `key`, SUM(quantity) AS units FROM orders_allowanceuse JOIN orders_order"
    " ON orders_order.id = order_id WHERE status IN %(live)s GROUP BY `key`) AS held"
)
_DISAGREEMENTS: Final = (
    "SELECT allowance.`key`, COALESCE(held.units, 0), used FROM orders_purchaseallowance AS allowance"  # noqa: S608
    f" LEFT JOIN {_HELD} ON held.`key` = allowance.`key` WHERE used <> COALESCE(held.units, 0)"
    f" UNION ALL SELECT held.`key`, held.units, 0 FROM {_HELD}"
    " LEFT JOIN orders_purchaseallowance AS allowance ON allowance.`key` = held.`key`"
    " WHERE allowance.`key` IS NULL ORDER BY 1"
)


def bound_keys(allowances: Iterable[Allowance]) -> tuple[Allowance, ...]:
    """Return allowances whose keys fit their column and are still the same for the same customer."""
    return tuple(
        a
        if len(a.key) <= MAX_ALLOWANCE_KEY_LENGTH
        else replace(a, key=f"sha256:{hashlib.sha256(a.key.encode()).hexdigest()}")
        for a in allowances
    )


def require_left(allowances: Collection[Allowance]) -> dict[str, int]:
    """Look, without a lock, whether these allowances can spare what is asked for; return units used by key.

    Saves the wait of one who has had enough. Raises AllowanceExceeded. One statement.
    """
    used = {key: used for key, (used, _limit) in _read([a.key for a in allowances]).items()}
    for allowance in allowances:
        taken = used.get(allowance.key, 0)
        if taken + allowance.quantity > allowance.limit:
            raise AllowanceExceeded(allowance.key, allowance.limit, taken)
    return used


def choose_within(wanted: Sequence[tuple[Sequence[Allowance], Mapping[str, int]]]) -> list[int]:
    """Return the positions of the orders that all limits allow together, first come first served.

    Each order comes with what it saw used. Only a hint, for a batch that would break otherwise: the rows'
    CHECK decides.
    """
    chosen, taken = [], Counter[str]()
    for position, (allowances, used) in enumerate(wanted):
        if all(used.get(a.key, 0) + taken[a.key] + a.quantity <= a.limit for a in allowances):
            chosen.append(position)
            taken.update({a.key: a.quantity for a in allowances})
    return chosen


def prepare_claims(wanted: Sequence[tuple[int, Sequence[Allowance]]]) -> list[Statement]:
    """Return what takes all that these orders, by id, want of allowances: none, or two statements.

    They go behind the insert of the orders. If a limit does not allow it, the first of them fails with an
    IntegrityError that `explain` understands. The stored limit becomes that of the latest order.
    """
    uses = [(order_id, allowance) for order_id, allowances in wanted for allowance in allowances]
    if not uses:
        return []
    units: Counter[str] = Counter()
    for _order_id, allowance in uses:
        units[allowance.key] += allowance.quantity
    limits = {allowance.key: allowance.limit for _order_id, allowance in uses}
    ids = new_ids(len(uses))
    return [
        _prepare_upsert(
            ((key, count, limits[key]) for key, count in units.items()),
            "used = orders_purchaseallowance.used + {used}, unit_limit = {unit_limit}",
        ),
        _INSERT_USES.prepare(
            [
                (id_, order_id, a.key, a.quantity, a.stock_item_id)
                for id_, (order_id, a) in zip(ids, uses, strict=True)
            ]
        ),
    ]


def explain(error: IntegrityError, allowances: Collection[Allowance]) -> None:
    """Raise AllowanceExceeded if that is what the error of a claim means; return if it means something else.

    Raises StockConflict if units came back in between: refusing now would be a lie.
    """
    if _LIMIT_CHECK in str(error):
        require_left(allowances)
        raise StockConflict from error


def give_back(*, order_ids: Collection[int]) -> None:
    """Give back what these orders took; one statement if they took nothing, two otherwise.

    The orders must have been moved to cancelled or refunded by this transaction, which is what makes it
    happen once. Needs a transaction.
    """
    require_transaction()
    if units := _sum_uses(order_ids):
        # An upsert again, because it locks row by row in this order; each row is there, and limits stay.
        execute_together(
            [
                _prepare_upsert(
                    ((key, count, count) for key, count in units.items()),
                    "used = orders_purchaseallowance.used - {used}",
                )
            ]
        )


def give_back_units(*, order_id: int, units: Mapping[int, int]) -> None:
    """Give back what an order took for refunded units, by stock item id; one statement if it took nothing.

    The order's row must be locked. Raises StockConflict if what was read is not true any more, when the
    caller's transaction must be rolled back. Needs a transaction.
    """
    require_transaction()
    uses = AllowanceUse.objects.filter(order_id=order_id, stock_item_id__in=list(units), quantity__gt=0)
    counts = [(use, min(use.quantity, units[use.stock_item_id or 0])) for use in uses.order_by("key")]
    statements = [
        statement
        for use, count in counts
        for statement in (
            Statement(_USE_LESS, (count, use.id, count), matches=1),
            Statement(_GIVE_BACK, (count, use.key, count), matches=1),
        )
    ]
    try:
        if statements:
            execute_together(statements)
    except GuardClosed as closed:
        raise StockConflict from closed


def claim_again(units: Mapping[str, int]) -> None:
    """Take once more, by key, what an order took before it was cancelled.

    Raises AllowanceExceeded, when the caller's transaction must be rolled back. Needs a transaction.
    """
    require_transaction()
    for key, count in sorted(units.items()):
        with connection.cursor() as cursor:
            if cursor.execute(_CLAIM_AGAIN, (count, key, count)) != 1:
                used, limit = _read([key]).get(key, (0, 0))
                raise AllowanceExceeded(key, limit, used)


def list_disagreements() -> list[tuple[str, int, int]]:
    """Return (key, units of orders, units counted) wherever the two differ. Run in `consistent_snapshot`."""
    with connection.cursor() as cursor:
        cursor.execute(_DISAGREEMENTS, {"live": LIVE_STATUSES})
        return [(key, int(units), used) for key, units, used in cursor.fetchall()]


def _read(keys: Collection[str]) -> dict[str, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_READ} ({placeholders(keys)})", list(keys))
        return {key: (used, limit) for key, used, limit in cursor.fetchall()}


def _sum_uses(order_ids: Collection[int]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_SUM_USES} ({placeholders(order_ids)}) GROUP BY `key`", list(order_ids))
        return {key: int(units) for key, units in cursor.fetchall()}


def _prepare_upsert(rows: Iterable[tuple[str, int, int]], change: str) -> Statement:
    """Return one statement that inserts (key, used, limit) or changes the row that is there, in key order.

    All writers take keys in this order: of two that want the same, one waits and neither is a deadlock.
    """
    return _INSERT_ALLOWANCES.prepare(sorted(rows)).or_update(change)
