"""What is bought: baskets of (item index, quantity) pairs, drawn at random, the same for every contender."""

import datetime as dt
import enum
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Basket = tuple[tuple[int, int], ...]
NextBasket = Callable[[], Basket]

ENDLESS: Final = 1_000_000_000
_ITEMS: Final = 8
_ZIPF_EXPONENT: Final = 1.1
_PAYMENT_WINDOW: Final = dt.timedelta(minutes=15)


class Way(enum.Enum):
    """How clients go about it."""

    # Each buys again as soon as it has its answer.
    CLOSED = "closed"
    # The same, until long after the last unit.
    SELLOUT = "sellout"
    # They buy, pay, cancel and forget, while stock arrives.
    LIFE = "life"
    # First as CLOSED, to learn the capacity; then as many arrive as a share of it, whoever is free.
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Workload:
    """A way of buying. `units` are in stock of each of `items` stock items at the start."""

    name: str
    summary: str
    items: int
    units: int
    shop_like: Callable[[random.Random], NextBasket]
    way: Way = Way.CLOSED
    payment_window: dt.timedelta = _PAYMENT_WINDOW

    @property
    def sells_out(self) -> bool:
        """Whether the stock is meant to run out before the run ends."""
        return self.way is Way.SELLOUT


def _buy_the_one(_dice: random.Random) -> NextBasket:
    return lambda: ((0, 1),)


def _buy_by_popularity(dice: random.Random) -> NextBasket:
    weights = [1 / rank**_ZIPF_EXPONENT for rank in range(1, _ITEMS + 1)]
    return lambda: ((dice.choices(range(_ITEMS), weights)[0], 1),)


def _buy_evenly(dice: random.Random) -> NextBasket:
    return lambda: ((dice.randrange(_ITEMS), 1),)


def _fill_opposite_baskets(dice: random.Random) -> NextBasket:
    def fill() -> Basket:
        picked = sorted(dice.sample(range(_ITEMS), dice.randint(2, 5)), reverse=dice.random() < 0.5)
        return tuple((index, dice.randint(1, 3)) for index in picked)

    return fill


_MOST: Final = (
    Workload("hot", "one SKU, stock without end", 1, ENDLESS, _buy_the_one),
    Workload("zipf", "8 SKUs by popularity (s=1.1)", _ITEMS, ENDLESS, _buy_by_popularity),
    Workload("even", "8 SKUs, all alike (s=0): the control of zipf", _ITEMS, ENDLESS, _buy_evenly),
    Workload(
        "baskets",
        "2-5 lines of 8 SKUs, half ascending, half descending",
        _ITEMS,
        ENDLESS,
        _fill_opposite_baskets,
    ),
    Workload(
        "mixed",
        "8 SKUs by popularity: 70 % of the steps place, 20 % pay, 10 % cancel; unpaid orders expire after"
        " 2 s, stock arrives every 2 s",
        _ITEMS,
        ENDLESS,
        _buy_by_popularity,
        Way.LIFE,
        dt.timedelta(seconds=2),
    ),
    Workload(
        "open",
        "one SKU, arrivals at 50, 80 and 120 % of the rate reached just before; latency from the moment an"
        " order was due",
        1,
        ENDLESS,
        _buy_the_one,
        Way.OPEN,
    ),
)


def list_workloads(*, sellout_units: int) -> dict[str, Workload]:
    """Return every workload by name; `sellout` starts with `sellout_units` units."""
    summary = f"one SKU, {sellout_units} units, bought until long after the last"
    sellout = Workload("sellout", summary, 1, sellout_units, _buy_the_one, Way.SELLOUT)
    return {workload.name: workload for workload in (*_MOST, sellout)}
