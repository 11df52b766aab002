"""What a storm of buyers of a sold-out item is told without asking the database each time.

Only in a storm: a shop where now and then somebody is refused always looks, so that a unit given back is
there for the very next buyer. In a storm a refusal is at most `REMEMBERED_SECONDS` old, and units that come
back in this process are for sale at once, those that come back elsewhere after that time. Nothing is sold
from memory, only refused.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from inventory.contention import count
from inventory.types import Shortfall

# So many refusals of one item in one process in so long are a storm.
STORM_REFUSALS: Final = 20
STORM_SECONDS: Final = 1.0
# One buyer looks again this long after the last look began, five a second for each process; the others are
# told meanwhile. If all looked, it would be many at once, and the one would take longer for it.
LOOK_AGAIN_SECONDS: Final = 0.2
# Whoever went to look may be slow, or gone. Below a second, as units that come back are to be found by then.
REMEMBERED_SECONDS: Final = 0.8
# Items that nobody wants any more are forgotten when so many have gathered.
_TIDY_AT: Final = 256


@dataclass(slots=True)
class _Refusals:
    """When an item was refused last, and what was read then: (available, when the read began)."""

    sku: str
    times: deque[float] = field(default_factory=lambda: deque(maxlen=STORM_REFUSALS))
    read: tuple[int, float] | None = None
    # Somebody has gone to replace the read that began then.
    replacing: float | None = None

    def is_storm(self, now: float) -> bool:
        return len(self.times) == STORM_REFUSALS and now - self.times[0] <= STORM_SECONDS


_refused: dict[int, _Refusals] = {}
# A SKU is its stock item's for good.
_ids: dict[str, int] = {}
_forgotten_at = 0.0
_lock = threading.Lock()


def note_refusal(*, stock_item_id: int, shortfall: Shortfall, read_at: float) -> None:
    """Note that a read which began at `read_at` (`time.monotonic`) found too few units."""
    with _lock:
        refusals = _refused.get(stock_item_id)
        if refusals is None:
            _tidy(read_at)
            refusals = _refused[stock_item_id] = _Refusals(shortfall.sku)
            _ids[shortfall.sku] = stock_item_id
        refusals.times.append(read_at)
        # A read that began before units came back may not have seen them, however late it is told here.
        if read_at > _forgotten_at:
            refusals.read = (shortfall.available, read_at)


def remembers_refusals() -> bool:
    """Say whether it is worth asking: in a quiet shop nothing is remembered."""
    return bool(_refused)


def recall_shortfall(*, stock_item_id: int, quantity: int) -> Shortfall | None:
    """Return what was missing of an item a moment ago, if a storm is on and it was too little for this."""
    refusals = _refused.get(stock_item_id)
    if refusals is None or (read := refusals.read) is None:
        return None
    available, read_at = read
    now = time.monotonic()
    if quantity <= available or now - read_at > REMEMBERED_SECONDS or not refusals.is_storm(now):
        return None
    if now - read_at > LOOK_AGAIN_SECONDS and refusals.replacing != read_at:
        refusals.replacing = read_at
        return None
    refusals.times.append(now)
    count("refused_from_memory")
    return Shortfall(refusals.sku, quantity, available)


def recall_shortfall_of_sku(*, sku: str, quantity: int) -> Shortfall | None:
    """Return what `recall_shortfall` does, for whoever knows no more than a SKU."""
    if (stock_item_id := _ids.get(sku)) is None:
        return None
    return recall_shortfall(stock_item_id=stock_item_id, quantity=quantity)


def forget(stock_item_id: int) -> None:
    """Have the next buyer look: units came back."""
    global _forgotten_at  # noqa: PLW0603 - one moment for all items, read under the same lock
    with _lock:
        _forgotten_at = time.monotonic()
        if refusals := _refused.get(stock_item_id):
            refusals.read = None


def _tidy(now: float) -> None:
    if len(_refused) >= _TIDY_AT:
        for stock_item_id in [id_ for id_, one in _refused.items() if now - one.times[-1] > STORM_SECONDS]:
            _ids.pop(_refused.pop(stock_item_id).sku, None)
