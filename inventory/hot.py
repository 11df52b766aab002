"""Items that were just seen to have stock: their next buyers need not look first.

A hot item's buyers would all read the same row to learn the same thing. What is remembered here is never
trusted: the guarded UPDATE decides, and its first refusal makes everybody look again.
"""

import time
from typing import Final, NamedTuple

# Long enough to spare a hot item nearly all of its reads, short enough for a switch of strategy to be felt.
REMEMBERED_SECONDS: Final = 1.0
# So many at most: a shop sells more items than one process should remember.
_MOST: Final = 10_000


class Seen(NamedTuple):
    """An item, as it was seen; `until` is when to look again (`time.monotonic`)."""

    sku: str
    strategy: str
    until: float


_seen: dict[int, Seen] = {}


def remember(*, stock_item_id: int, sku: str, strategy: str) -> None:
    """Note that as much of an item was available as was asked for."""
    if len(_seen) >= _MOST:
        _seen.clear()
    _seen[stock_item_id] = Seen(sku, strategy, time.monotonic() + REMEMBERED_SECONDS)


def recall(stock_item_id: int) -> Seen | None:
    """Return what was seen of an item a moment ago."""
    seen = _seen.get(stock_item_id)
    if seen and time.monotonic() < seen.until:
        return seen
    _seen.pop(stock_item_id, None)
    return None


def forget(stock_item_id: int) -> None:
    """Have the next buyer look."""
    _seen.pop(stock_item_id, None)
