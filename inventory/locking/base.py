"""What every locking strategy is, and the guarded write in which all of them end."""

from collections.abc import Sequence
from typing import Protocol

from django.db import connection
from django.utils.functional import Promise

from inventory.sql import Statement, execute_together


class LockingStrategy(Protocol):
    """Claims units of one stock item inside the caller's transaction.

    A strategy decides who waits; the guarded write decides who is right.
    """

    name: str
    # Whether orders of this item alone may share a transaction with each other.
    combines: bool
    # Whether it works only on servers where SKIP LOCKED passes by what others hold, and holds what it finds.
    needs_skip_locked: bool
    # Whether of two orders that claim at once one loses, and does its work again.
    is_a_race: bool

    @property
    def label(self) -> str | Promise:
        """What people call it."""

    def claim(self, *, stock_item_id: int, quantity: int) -> int | None:
        """Take `quantity` units; return None when taken, else what was there when it looked why not.

        Raises StockConflict when others keep winning the race. Needs a transaction, which holds the row
        until it ends.
        """

    def prepare_claim(self, *, stock_item_id: int, quantity: int) -> Sequence[Statement]:
        """Return statements that take the units without a look in between; none if it cannot be done so.

        The last of them matches one row if the units were taken, and none if `claim` has to find out.
        """


# The strategies in this folder are all there is to the hot row, so they speak SQL: see inventory/sql.py.
_TAKE = "UPDATE inventory_stockitem SET available = available - %s, version = version + 1 WHERE id = %s AND "

_READ = "SELECT available, version FROM inventory_stockitem WHERE id = %s"
_READ_LOCKED = _READ + " FOR UPDATE"


def take_units(*, stock_item_id: int, quantity: int) -> bool:
    """Take units if that many are available now; the row count says whether they were.

    The comparison and the subtraction are one statement on the latest committed row, so nothing can come
    between them.
    """
    return execute_together([prepare_take(stock_item_id=stock_item_id, quantity=quantity)]) == 1


def prepare_take(*, stock_item_id: int, quantity: int) -> Statement:
    """Return the statement of `take_units`."""
    return Statement(_TAKE + "available >= %s", (quantity, stock_item_id, quantity))


def take_units_at_version(*, stock_item_id: int, quantity: int, version: int) -> bool:
    """Take units only if nobody has written the row since `version` was read, and found to hold enough."""
    with connection.cursor() as cursor:
        return bool(cursor.execute(_TAKE + "version = %s", (quantity, stock_item_id, version)) == 1)


def read_available(*, stock_item_id: int, lock: bool = False) -> tuple[int, int]:
    """Return (available, version) of a stock item: as last committed, or of the row locked from now on."""
    with connection.cursor() as cursor:
        cursor.execute(_READ_LOCKED if lock else _READ, (stock_item_id,))
        row = cursor.fetchone()
    # A stock item that vanished has nothing to give.
    return (row[0], row[1]) if row else (0, 0)
