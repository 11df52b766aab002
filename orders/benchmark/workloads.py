"""What is bought: baskets of (item index, quantity) pairs, drawn at random, the same for every contender."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Basket = tuple[tuple[int, int], ...]
NextBasket = Callable[[], Basket]

ENDLESS: Final = 1_000_000_000
_ZIPF_EXPONENT: Final = 1.1


@dataclass(frozen=True, slots=True)
class Workload:
    """A way of buying. `units` are in stock of each of `items` stock items at the start."""

    name: str
    summary: str
    items: int
    units: int
    shop_like: Callable[[random.Random], NextBasket]

    @property
    def sells_out(self) -> bool:
        """Whether the stock is meant to run out before the run ends."""
        return self.units < ENDLESS


def _buy_the_one(_dice: random.Random) -> NextBasket:
    return lambda: ((0, 1),)


def _buy_by_popularity(dice: random.Random) -> NextBasket:
    weights = [1 / rank**_ZIPF_EXPONENT for rank in range(1, 9)]
    return lambda: ((dice.choices(range(8), weights)[0], 1),)


def _fill_opposite_baskets(dice: random.Random) -> NextBasket:
    def fill() -> Basket:
        picked = sorted(dice.sample(range(8), dice.randint(2, 5)), reverse=dice.random() < 0.5)
        return tuple((index, dice.randint(1, 3)) for index in picked)

    return fill


def list_workloads(*, sellout_units: int) -> dict[str, Workload]:
    """Return every workload by name; `sellout` starts with `sellout_units` units."""
    workloads = (
        Workload("hot", "one SKU, stock without end", 1, ENDLESS, _buy_the_one),
        Workload("zipf", "8 SKUs by popularity (s=1.1), stock without end", 8, ENDLESS, _buy_by_popularity),
        Workload(
            "baskets",
            "2-5 lines of 8 SKUs, half ascending, half descending",
            8,
            ENDLESS,
            _fill_opposite_baskets,
        ),
        Workload(
            "sellout",
            f"one SKU, {sellout_units} units, bought until long after the last",
            1,
            sellout_units,
            _buy_the_one,
        ),
    )
    return {workload.name: workload for workload in workloads}
