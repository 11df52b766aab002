"""The buyers: one process's share of the clients, a thread each, all starting at one barrier."""

import math
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from inventory.types import StockLevel
from orders.benchmark.contenders import make_seller
from orders.benchmark.sellers import Outcome, Seller
from orders.benchmark.workloads import Basket, NextBasket, Workload

# A sell-out that has not ended by then is reported as it stands.
_LONGEST_SELLOUT_SECONDS: Final = 120.0
_WARM_UP_BASKET: Final[Basket] = ((-1, 1),)
_WARM_UP_ORDERS: Final = 5


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one contender. The last of `items` is a spare to warm up with. Times in seconds."""

    contender: str
    workload: Workload
    items: tuple[StockLevel, ...]
    scope: str
    warm_up: float
    seconds: float
    seed: int


@dataclass(slots=True)
class Tally:
    """What clients saw in the measured time; `placed_in_all` is what the database must hold afterwards."""

    latencies: list[float] = field(default_factory=list)
    refusals: int = 0
    busy: int = 0
    placed_in_all: int = 0
    cpu_seconds: float = 0.0
    # Moments on the machine's monotonic clock, which all processes share.
    started_at: float = math.inf
    last_placed_at: float = 0.0
    ended_at: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)

    def note(self, outcome: Outcome, *, began: float, ended: float) -> None:
        """Count one attempt of the measured time."""
        self.ended_at = ended
        if outcome is Outcome.PLACED:
            self.latencies.append(ended - began)
            self.last_placed_at = ended
        elif outcome is Outcome.REFUSED:
            self.refusals += 1
        else:
            self.busy += 1

    def add(self, other: "Tally") -> None:
        """Take in another tally."""
        self.latencies += other.latencies
        self.refusals += other.refusals
        self.busy += other.busy
        self.placed_in_all += other.placed_in_all
        self.cpu_seconds += other.cpu_seconds
        self.started_at = min(self.started_at, other.started_at)
        self.last_placed_at = max(self.last_placed_at, other.last_placed_at)
        self.ended_at = max(self.ended_at, other.ended_at)
        self.counts += other.counts


class Gate:
    """Lets all clients of all processes start at one moment."""

    def __init__(self, context: Any, clients: int) -> None:
        self._started_at = context.Value("d", 0.0)
        self._barrier = context.Barrier(clients, self._start)

    def _start(self) -> None:
        self._started_at.value = time.monotonic()

    def pass_through(self) -> float:
        """Wait for everybody; return the moment of the start."""
        self._barrier.wait(timeout=60)
        return float(self._started_at.value)

    def abandon(self) -> None:
        """Make everybody else's waiting fail: one client cannot start."""
        self._barrier.abort()


def run_clients(job: Job, gate: Gate, numbers: range) -> Tally:
    """Run these clients, a thread each, and return what they saw. Raises what a failing client raised."""
    clients = [_Client(job, gate, number) for number in numbers]
    threads = [threading.Thread(target=client.run) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors := [client.error for client in clients if client.error]:
        # Clients that only waited for the failed one say nothing about the cause.
        raise next(
            (error for error in errors if not isinstance(error, threading.BrokenBarrierError)), errors[0]
        )
    total = Tally()
    for client in clients:
        total.add(client.tally)
    return total


class _Client:
    def __init__(self, job: Job, gate: Gate, number: int) -> None:
        self.tally = Tally()
        self.error: Exception | None = None
        self._job, self._gate = job, gate
        # The same client draws the same baskets from every contender.
        dice = random.Random(f"{job.seed}/{number}")  # noqa: S311 - no secret
        self._next_basket: NextBasket = job.workload.shop_like(dice)

    def run(self) -> None:
        try:
            self._run()
        except Exception as error:  # handed to the thread that joins this one
            self.error = error
            self._gate.abandon()

    def _run(self) -> None:
        seller = make_seller(self._job.contender, self._job.items, self._job.scope)
        try:
            for _order in range(_WARM_UP_ORDERS):
                self._buy(seller, _WARM_UP_BASKET)
            started = self._gate.pass_through()
            if self._job.workload.sells_out:
                self._buy_until_sold_out(seller, started)
            else:
                self._buy_for_a_while(seller, started)
            self.tally.counts += seller.counts
        finally:
            seller.close()

    def _buy(self, seller: Seller, basket: Basket) -> Outcome:
        outcome = seller.place(basket)
        self.tally.placed_in_all += outcome is Outcome.PLACED
        return outcome

    def _buy_for_a_while(self, seller: Seller, started: float) -> None:
        begin = started + self._job.warm_up
        end = begin + self._job.seconds
        while time.monotonic() < begin:
            self._buy(seller, self._next_basket())
        cpu_before = time.thread_time()
        while (began := time.monotonic()) < end:
            outcome = self._buy(seller, self._next_basket())
            if (ended := time.monotonic()) < end:
                self.tally.note(outcome, began=began, ended=ended)
        self.tally.cpu_seconds = time.thread_time() - cpu_before
        self.tally.started_at, self.tally.ended_at = begin, end

    def _buy_until_sold_out(self, seller: Seller, started: float) -> None:
        cpu_before = time.thread_time()
        self.tally.started_at = started
        end = started + _LONGEST_SELLOUT_SECONDS
        while (began := time.monotonic()) < end:
            outcome = self._buy(seller, self._next_basket())
            ended = time.monotonic()
            if outcome is Outcome.REFUSED and not self.tally.refusals:
                self.tally.cpu_seconds = time.thread_time() - cpu_before
                # Keep coming: what refusals cost is measured too.
                end = min(end, ended + self._job.seconds)
            self.tally.note(outcome, began=began, ended=ended)
