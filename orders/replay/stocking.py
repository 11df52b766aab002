"""Stock for one run, under SKUs of its own: two runs and a live shop do not disturb each other."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from itertools import cycle

from inventory.services import create_stock_items
from inventory.types import MAX_QUANTITY, NewStockItem
from orders.replay.errors import ReplayFailed
from orders.replay.types import StockedItem

ACTOR = "replay"
_BATCH = 200


def stock_reference(run: str) -> str:
    """Return the reference under which the ledger holds a run's first units."""
    return f"replay:{run}"


def stock_up(
    *, run: str, demand: Mapping[str, int], factor: Decimal, strategies: Sequence[str], now: dt.datetime
) -> dict[str, StockedItem]:
    """Create a stock item for each code with `factor` x demand units, rounded down, and deal the strategies
    out in turn.

    Rounded down, so that a factor below 1 never leaves enough for everybody. Opens transactions of its own.
    Raises ReplayFailed if a quantity is beyond what can be booked.
    """
    dealt = zip(demand.items(), cycle(strategies), strict=False)
    wanted = [(code, _share(factor, units), strategy) for (code, units), strategy in dealt]
    stocked: dict[str, StockedItem] = {}
    for start in range(0, len(wanted), _BATCH):
        stocked |= _stock_batch(run, wanted[start : start + _BATCH], now)
    return stocked


def _share(factor: Decimal, units: int) -> int:
    share = int((factor * units).to_integral_value(rounding=ROUND_FLOOR))
    if share > MAX_QUANTITY:
        raise ReplayFailed(f"a stock factor of {factor} asks for more than {MAX_QUANTITY} units of one item")
    return share


def _stock_batch(run: str, batch: Sequence[tuple[str, int, str]], now: dt.datetime) -> dict[str, StockedItem]:
    skus = {code: f"replay-{run}-{code}" for code, _units, _strategy in batch}
    # Under a reference of the run, so that the audit can read back what the ledger says it started with.
    ids = create_stock_items(
        items=[NewStockItem(skus[code], units, strategy) for code, units, strategy in batch],
        reference=stock_reference(run),
        actor=ACTOR,
        reason="replay",
        now=now,
    )
    return {code: StockedItem(ids[skus[code]], skus[code], units) for code, units, _strategy in batch}
