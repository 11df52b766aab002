"""Taking units by an item's strategy, and never refusing units that are there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.db import connection

from inventory.contention import count
from inventory.errors import GuardClosed, StockConflict
from inventory.locking.registry import get_strategy
from inventory.slices import AVAILABLE_SQL
from inventory.sql import Statement, placeholders
from inventory.transactions import execute_and_commit

_READ: Final = (
    f"SELECT item.id, item.sku, {AVAILABLE_SQL}, item.locking_strategy"  # noqa: S608 - a constant
    " FROM inventory_stockitem item WHERE item.id IN"
)
_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class PlannedClaim:
    """One claim to come: all that one transaction wants of one stock item."""

    stock_item_id: int
    sku: str
    quantity: int
    locking_strategy: str

    @property
    def combines(self) -> bool:
        """Whether its order may share a transaction with others that want this item alone."""
        return get_strategy(self.locking_strategy).combines

    @property
    def is_a_race(self) -> bool:
        """Whether it may be lost to another one that is made at the same time."""
        return get_strategy(self.locking_strategy).is_a_race


def read_items(ids: Collection[int]) -> dict[int, tuple[str, int, str]]:
    """Return (sku, available, strategy) by id: the hot path's only read, so it is plain SQL."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"{_READ} ({placeholders(ids)})", list(ids))
        return {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}


def claim_and_commit(*, claims: Sequence[PlannedClaim], first: Sequence[Statement]) -> int | None:
    """Carry out `first`, make all claims and COMMIT, in one packet; return how many claims were made.

    All of them: the transaction is over. Fewer: it stands where the next claim was refused, which
    `claim_units` has to look into. None: nothing was sent, because some strategy cannot claim this way.
    Raises what `execute_and_commit` does. Needs a transaction that may be committed here.
    """
    statements, ends = list(first), []
    for claim in claims:
        strategy = get_strategy(claim.locking_strategy)
        claiming = strategy.prepare_claim(stock_item_id=claim.stock_item_id, quantity=claim.quantity)
        if not claiming:
            return None
        statements += [*claiming[:-1], replace(claiming[-1], matches=1)]
        ends.append(len(statements) - 1)
    try:
        execute_and_commit(statements)
    except GuardClosed as stopped:
        if stopped.position not in ends:
            raise
        return ends.index(stopped.position)
    return len(claims)


def claim_units(*, stock_item_id: int, quantity: int, locking_strategy: str) -> int | None:
    """Take units by the strategy that was planned with; return None when taken, else what was available.

    A strategy looks where it keeps the units, and the item may have been switched to another one since it
    was planned. So a refusal rests on one read of all units, wherever they are; if they were enough, the
    claim is made again, by the strategy the item has now. Raises StockConflict if that keeps happening.
    Needs a transaction.
    """
    for _attempt in range(_ATTEMPTS):
        strategy = get_strategy(locking_strategy)
        if strategy.claim(stock_item_id=stock_item_id, quantity=quantity) is None:
            return None
        gone = ("", 0, locking_strategy)
        _sku, available, locking_strategy = read_items([stock_item_id]).get(stock_item_id, gone)
        if available < quantity:
            return available
        count("conflicts")
    raise StockConflict
