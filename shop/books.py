"""Do flash sales hold what was set aside for them, and nothing any more when they are over?

Run inside `consistent_snapshot`.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from inventory.selectors import find_last_movement, get_levels_by_id, list_adjustments
from inventory.types import Finding
from shop.models import FlashSale

# Units of a cancelled order wait this long, at most, for the scheduled task to bring them home.
_GRACE: Final = dt.timedelta(minutes=5)


def check_sales(*, now: dt.datetime) -> Iterator[Finding]:
    """Yield every disagreement of flash sales and ledger."""
    booked: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for reference, stock_item_id, units in list_adjustments(reference_prefix="sale:"):
        booked[reference].append((stock_item_id, units))
    allotted: Counter[int] = Counter()
    for reference, sides in booked.items():
        if total := sum(units for _item, units in sides):
            detail = f"ledger reference {reference}: units left one SKU that did not reach the other"
            yield Finding("transfer-not-balanced", reference, detail, 0, total)
        if "/allot/" in reference:
            allotted.update(dict(sides))
    yield from _check_allotments(allotted, now)


def _check_allotments(allotted: Counter[int], now: dt.datetime) -> Iterator[Finding]:
    sales = list(
        FlashSale.objects.order_by("id").values_list("id", "offer__stock_item_id", "units", "ended_at")
    )
    levels = get_levels_by_id(ids=[item_id for _id, item_id, _units, _ended_at in sales])
    for sale_id, item_id, units, ended_at in sales:
        level = levels[item_id]
        if allotted[item_id] != units:
            detail = f"flash sale {sale_id}: units set aside for it, by the ledger"
            yield Finding("allotment-differs-from-sale", level.sku, detail, units, allotted[item_id])
        if ended_at is not None and level.available and _is_left_behind(item_id, ended_at, now):
            detail = f"flash sale {sale_id} is over; its units belong to the variant again"
            yield Finding("units-of-ended-sale", level.sku, detail, 0, level.available)


def _is_left_behind(item_id: int, ended_at: dt.datetime, now: dt.datetime) -> bool:
    last = find_last_movement(stock_item_id=item_id)
    return max(ended_at, last or ended_at) < now - _GRACE
