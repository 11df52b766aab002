"""The slices of a pooled item: its units spread over rows that several transactions can take from at once.

What can be promised of an item is its depot, `StockItem.available`, plus all its slices. Units come back to
the depot and are spread by a claim that finds no slice to serve it (`inventory.locking.pooled`). Only a
pooled item has slices: switching it to another strategy gathers them.

Lock order: the item's row before its slices, its slices by slot. Slices are written anew only under the lock
of the item's row, so whoever holds that row and has locked all slices has all units of the item in his hand.
"""

from dataclasses import dataclass
from typing import Final

from django.db import connection

from inventory.contention import count
from inventory.errors import StockConflict
from inventory.models import StockSlice
from inventory.sql import RowInsert, Statement, execute_together

POOLED: Final = "pooled"
# As many transactions sell an item at once; more would gain little and make each sum longer.
MOST_SLICES: Final = 32
_UNITS_OF_A_SLICE: Final = 64
# A slice that served one claim alone would have to be filled again for the next.
_CLAIMS_OF_A_SLICE: Final = 4

# What can be promised of `inventory_stockitem item`: one read, so one instant. The other strategies' items
# are spared the look at the slices, of which they have none.
AVAILABLE_SQL: Final = f"""item.available + CASE WHEN item.locking_strategy = '{POOLED}' THEN
    (SELECT CAST(COALESCE(SUM(units), 0) AS SIGNED) FROM inventory_stockslice WHERE stock_item_id = item.id)
    ELSE 0 END"""  # noqa: S608 - a constant

_READ = """
    SELECT item.locking_strategy, item.available, slice.slot, slice.units
    FROM inventory_stockitem item LEFT JOIN inventory_stockslice slice ON slice.stock_item_id = item.id
    WHERE item.id = %s
"""
_LOCK_ITEM = "SELECT locking_strategy, available FROM inventory_stockitem WHERE id = %s FOR UPDATE"
_LOCK_SLICES = (
    "SELECT slot, units FROM inventory_stockslice WHERE stock_item_id = %s ORDER BY slot FOR UPDATE"
)
_FIND_FREE = (
    "SET @slot = (SELECT slot FROM inventory_stockslice"
    " WHERE stock_item_id = %s AND units >= %s LIMIT 1 FOR UPDATE SKIP LOCKED)"
)
_TAKE = (
    "UPDATE inventory_stockslice SET units = units - %s WHERE stock_item_id = %s AND units >= %s AND slot = "
)
_SET_DEPOT = (
    "UPDATE inventory_stockitem SET available = %s, version = version + 1 WHERE id = %s AND available = %s"
)
_DELETE = "DELETE FROM inventory_stockslice WHERE stock_item_id = %s AND (slot, units) IN "
_INSERT = RowInsert(StockSlice, ["stock_item", "slot", "units"])


@dataclass(frozen=True, slots=True)
class Pool:
    """All units of one stock item that can be promised, and where they are: `slices` are units by slot."""

    locking_strategy: str
    depot: int
    slices: dict[int, int]

    @property
    def total(self) -> int:
        """Units that can be promised."""
        return self.depot + sum(self.slices.values())

    def list_serving(self, quantity: int) -> list[int]:
        """Return the slots of the slices that hold as much."""
        return [slot for slot, units in self.slices.items() if units >= quantity]


def count_slices(units: int, *, quantity: int) -> int:
    """Return over how many slices to spread so many units, of which claims take `quantity` at a time.

    0 if all of them stay in the depot: the last units are sold from one row, exactly.
    """
    slices = min(MOST_SLICES, units // max(_UNITS_OF_A_SLICE, _CLAIMS_OF_A_SLICE * quantity))
    return slices if slices > 1 else 0


def take_from_free_slice(*, stock_item_id: int, quantity: int) -> bool:
    """Take units from a slice that nobody holds, waiting for nobody; say whether there was one.

    Holds that one slice until the transaction ends, and nothing if there was none. Needs a transaction.
    """
    taking = prepare_take_from_free_slice(stock_item_id=stock_item_id, quantity=quantity)
    return execute_together(taking) == 1


def prepare_take_from_free_slice(*, stock_item_id: int, quantity: int) -> list[Statement]:
    """Return the statements of `take_from_free_slice`."""
    find = Statement(_FIND_FREE, (stock_item_id, quantity))
    # The slice is compared again as it is taken from: where SKIP LOCKED does not lock, this does.
    take = Statement(_TAKE + "@slot", (quantity, stock_item_id, quantity))
    return [find, take]


def take_from_slice(*, stock_item_id: int, slot: int, quantity: int) -> bool:
    """Take units from one slice, waiting for whoever holds it; say whether it still had them.

    Needs a transaction.
    """
    take = Statement(_TAKE + "%s", (quantity, stock_item_id, quantity, slot))
    return execute_together([take]) == 1


def read_pool(*, stock_item_id: int) -> Pool:
    """Return an item's units as they are committed at this instant."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, (stock_item_id,))
        rows = cursor.fetchall()
    # A stock item that vanished has nothing to give.
    strategy, depot = rows[0][:2] if rows else ("", 0)
    return Pool(strategy, depot, {slot: units for _strategy, _depot, slot, units in rows if slot is not None})


def lock_item(*, stock_item_id: int) -> tuple[str, int]:
    """Lock an item's row and return (strategy, depot). Needs a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_ITEM, (stock_item_id,))
        row = cursor.fetchone()
    return (row[0], row[1]) if row else ("", 0)


def lock_pool(*, stock_item_id: int) -> Pool:
    """Lock an item's row, then its slices, waiting for all who hold one. Needs a transaction."""
    strategy, depot = lock_item(stock_item_id=stock_item_id)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_SLICES, (stock_item_id,))
        return Pool(strategy, depot, dict(cursor.fetchall()))


def gather(*, stock_item_id: int) -> None:
    """Bring all units of an item into its depot, once those who hold a slice are done.

    Needs a transaction.
    """
    pool = lock_pool(stock_item_id=stock_item_id)
    if pool.slices:
        spread(stock_item_id=stock_item_id, pool=pool, units=pool.total, slices=0)


def spread(*, stock_item_id: int, pool: Pool, units: int, slices: int) -> None:
    """Spread `units` evenly over so many slices, in place of what was locked as `pool`.

    What is left over by that is the depot. Raises StockConflict if the pool is not what was locked. Needs a
    transaction.
    """
    each, depot = divmod(units, slices) if slices else (0, units)
    remove_slices(stock_item_id=stock_item_id, pool=pool)
    update = Statement(_SET_DEPOT, (depot, stock_item_id, pool.depot))
    insert = [_INSERT.prepare([(stock_item_id, slot, each) for slot in range(slices)])] if slices else []
    # Cannot happen while the lock holds; the guard stands so that a broken lock loses a race, not a unit.
    if execute_together([*insert, update]) != 1:
        raise StockConflict
    count("spreads" if slices else "gathers")


def remove_slices(*, stock_item_id: int, pool: Pool) -> None:
    """Delete the slices that were locked as `pool`; their units are the caller's to put elsewhere.

    Raises StockConflict if they are not what was locked. Needs a transaction.
    """
    if not pool.slices:
        return
    rows = ", ".join(["(%s, %s)"] * len(pool.slices))
    values = [value for row in pool.slices.items() for value in row]
    # Each with its units, for the same reason.
    if execute_together([Statement(f"{_DELETE} ({rows})", [stock_item_id, *values])]) != len(pool.slices):
        raise StockConflict
