"""What a client process is told to do."""

import random
from dataclasses import dataclass

from inventory.types import StockLevel
from orders.benchmark.wire import Delays
from orders.benchmark.workloads import Workload


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one contender. The last of `items` is a spare to warm up with. Times in seconds."""

    contender: str
    workload: Workload
    items: tuple[StockLevel, ...]
    warm_up: float
    seconds: float
    seed: int
    delays: Delays
    # By how much clients shorten the wait that a busy shop asks for: a run is short, a sale is not.
    busy_scale: float
    # How many arrivals a second there are in all, whoever is free; None if clients come as they please.
    arrivals_per_second: float | None = None
    # The server's process, if it runs on this machine.
    database_pid: int | None = None

    def roll_dice(self, client: int) -> random.Random:
        """Return a client's dice: the same client draws the same from every contender."""
        return random.Random(f"{self.seed}/{client}")  # noqa: S311 - no secret

    def list_skus(self) -> list[str]:
        """Return what is on sale."""
        return [item.sku for item in self.items[:-1]]
