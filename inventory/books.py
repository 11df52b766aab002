"""Do the counters agree with the ledger, and does the ledger agree with itself?

`check_stock` reads one snapshot, so it can run while the shop sells.
"""

from collections.abc import Iterator

from django.db import connection
from django.db.models import F

from inventory.models import StockItem, StockMovement
from inventory.slices import AVAILABLE_SQL, POOLED, lock_pool, remove_slices
from inventory.transactions import run_in_transaction
from inventory.types import Finding

_COUNTERS_AGAINST_LEDGER = f"""
    SELECT item.id, item.sku, item.available, item.on_hand,
           COALESCE(ledger.available, 0), COALESCE(ledger.on_hand, 0)
    FROM (
        SELECT item.id, item.sku, item.on_hand, {AVAILABLE_SQL} AS available FROM inventory_stockitem item
    ) item
    LEFT JOIN (
        SELECT stock_item_id, SUM(available_delta) AS available, SUM(on_hand_delta) AS on_hand
        FROM inventory_stockmovement GROUP BY stock_item_id
    ) ledger ON ledger.stock_item_id = item.id
    WHERE item.available <> COALESCE(ledger.available, 0) OR item.on_hand <> COALESCE(ledger.on_hand, 0)
    ORDER BY item.id
"""  # noqa: S608 - constants

# What the CHECK of `inventory_stockitem` says of the depot alone.
_MORE_AVAILABLE_THAN_ON_HAND = f"""
    SELECT item.id, item.sku, item.available, item.on_hand
    FROM (
        SELECT item.id, item.sku, item.on_hand, {AVAILABLE_SQL} AS available FROM inventory_stockitem item
        WHERE item.locking_strategy = '{POOLED}'
    ) item
    WHERE item.available > item.on_hand ORDER BY item.id
"""  # noqa: S608

_SLICES_NOBODY_LOOKS_AT = f"""
    SELECT slice.stock_item_id, item.sku, SUM(slice.units) FROM inventory_stockslice slice
    LEFT JOIN inventory_stockitem item ON item.id = slice.stock_item_id
    WHERE item.id IS NULL OR item.locking_strategy <> '{POOLED}'
    GROUP BY slice.stock_item_id, item.sku ORDER BY slice.stock_item_id
"""  # noqa: S608

_SETTLED_WRONGLY = """
    SELECT settled.id, settled.reference, settled.kind, COALESCE(item.sku, settled.stock_item_id),
           settled.available_delta + settled.on_hand_delta, reserved.available_delta, other.kind
    FROM inventory_stockmovement settled
    LEFT JOIN inventory_stockitem item ON item.id = settled.stock_item_id
    LEFT JOIN inventory_stockmovement reserved
        ON reserved.reference = settled.reference AND reserved.stock_item_id = settled.stock_item_id
        AND reserved.kind = 'reserve'
    LEFT JOIN inventory_stockmovement other
        ON other.reference = settled.reference AND other.stock_item_id = settled.stock_item_id
        AND other.kind IN ('release', 'ship') AND other.kind <> settled.kind
    WHERE settled.kind IN ('release', 'ship')
        AND (reserved.id IS NULL OR other.id IS NOT NULL
             OR ABS(settled.available_delta + settled.on_hand_delta) <> -reserved.available_delta)
    ORDER BY settled.id
"""

_RETURNED_WITHOUT_SHIPPED = """
    SELECT returned.reference, COALESCE(item.sku, returned.stock_item_id), returned.units,
           COALESCE(shipped.units, 0)
    FROM (
        SELECT SUBSTRING_INDEX(reference, '@', 1) AS reference, stock_item_id, SUM(on_hand_delta) AS units
        FROM inventory_stockmovement WHERE kind = 'return' GROUP BY 1, 2
    ) returned
    LEFT JOIN (
        SELECT reference, stock_item_id, -on_hand_delta AS units FROM inventory_stockmovement
        WHERE kind = 'ship'
    ) shipped ON shipped.reference = returned.reference AND shipped.stock_item_id = returned.stock_item_id
    LEFT JOIN inventory_stockitem item ON item.id = returned.stock_item_id
    WHERE returned.units > COALESCE(shipped.units, 0) ORDER BY 1, 2
"""

_WITHOUT_STOCK_ITEM = """
    SELECT movement.id, movement.reference, movement.stock_item_id FROM inventory_stockmovement movement
    LEFT JOIN inventory_stockitem item ON item.id = movement.stock_item_id
    WHERE item.id IS NULL ORDER BY movement.id
"""


def check_stock() -> Iterator[Finding]:
    """Yield every disagreement among stock items and their ledger.

    Needs `inventory.snapshots.consistent_snapshot`.
    """
    for item_id, sku, available, on_hand, due_available, due_on_hand in _select(_COUNTERS_AGAINST_LEDGER):
        yield Finding(
            check="counters-differ-from-ledger",
            subject=sku,
            detail=f"stock item row {item_id} was changed without the ledger, or the ledger was changed",
            expected=f"available {due_available}, on hand {due_on_hand}",
            actual=f"available {available}, on hand {on_hand}",
            repairable=0 <= due_available <= due_on_hand,
        )
    yield from _check_slices()
    for row_id, reference, kind, subject, units, reserved, other in _select(_SETTLED_WRONGLY):
        yield Finding(
            check="settled-differs-from-reserved",
            subject=str(subject),
            detail=f"ledger row {row_id}: {kind} of {reference}"
            + (f", which also has a {other}" if other else ""),
            expected=-reserved if reserved is not None else "a reservation",
            actual=abs(units),
        )
    for reference, subject, units, shipped in _select(_RETURNED_WITHOUT_SHIPPED):
        yield Finding(
            check="returned-differs-from-shipped",
            subject=str(subject),
            detail=f"more units came back of {reference} than were shipped",
            expected=f"at most {int(shipped)}",
            actual=int(units),
        )
    for row_id, reference, item_id in _select(_WITHOUT_STOCK_ITEM):
        yield Finding(
            check="movement-without-stock-item",
            subject=f"#{item_id}",
            detail=f"ledger row {row_id}: {reference}",
            expected="a stock item",
            actual="none",
        )


def _check_slices() -> Iterator[Finding]:
    for item_id, sku, available, on_hand in _select(_MORE_AVAILABLE_THAN_ON_HAND):
        yield Finding(
            check="more-available-than-on-hand",
            subject=sku,
            detail=f"stock item row {item_id}: depot and slices together",
            expected=f"at most {on_hand}",
            actual=available,
            repairable=True,
        )
    for item_id, sku, units in _select(_SLICES_NOBODY_LOOKS_AT):
        yield Finding(
            check="slices-of-an-item-not-pooled",
            subject=sku or f"#{item_id}",
            detail=f"stock item row {item_id}: its slices are not for sale",
            expected=0,
            actual=int(units),
            repairable=sku is not None,
        )


def repair_counters(*, sku: str) -> bool:
    """Set a stock item's counters to the sums of its ledger; say whether they are right now.

    Only for an item whose ledger is known to be right. Refuses sums that could not be stock. Opens its own
    transaction, and looks again under the row's lock: a sale between check and repair is not a finding.
    """

    def repair() -> bool:
        item = StockItem.objects.select_for_update().get(sku=sku)
        pool = lock_pool(stock_item_id=item.id)
        # Every ledger row is committed together with its counter, so under these locks the sums are complete.
        available, on_hand = _sum_ledger(item.id)
        if not 0 <= available <= on_hand:
            return False
        remove_slices(stock_item_id=item.id, pool=pool)
        StockItem.objects.filter(id=item.id).update(
            available=available, on_hand=on_hand, version=F("version") + 1
        )
        return True

    return run_in_transaction(repair)


def _sum_ledger(stock_item_id: int) -> tuple[int, int]:
    rows = StockMovement.objects.filter(stock_item_id=stock_item_id).values_list(
        "available_delta", "on_hand_delta"
    )
    available = on_hand = 0
    for available_delta, on_hand_delta in rows.iterator():
        available += available_delta
        on_hand += on_hand_delta
    return available, on_hand


def _select(sql: str) -> list[tuple]:  # type: ignore[type-arg]
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
