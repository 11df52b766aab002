"""How one client buys, in each of the workloads' ways."""

import itertools
import time
from collections.abc import Callable
from typing import Final

from orders.benchmark.contenders import UNLOCKED
from orders.benchmark.jobs import Job
from orders.benchmark.life import Life
from orders.benchmark.processor import CpuWatch, read_cpu_seconds
from orders.benchmark.sellers import Outcome, Seller
from orders.benchmark.tally import Tally
from orders.benchmark.workloads import Basket, Way

# A sell-out that has not ended by then is reported as it stands.
_LONGEST_SELLOUT_SECONDS: Final = 120.0
_LONGEST_CONTROL_SECONDS: Final = 15.0
_WARM_UP_BASKET: Final[Basket] = ((-1, 1),)
_WARM_UP_ORDERS: Final = 5


class Arrivals:
    """When orders are due in an open loop: one process's share, evenly spread, for whoever is free."""

    def __init__(self, job: Job, *, process: int, processes: int) -> None:
        self._rate = job.arrivals_per_second or 0.0
        # Taking the next of these is one step for the interpreter, so no two threads get the same.
        self._numbers = itertools.count(process, processes)

    def take(self, started: float) -> float:
        """Return the moment at which the next order is due."""
        return started + next(self._numbers) / self._rate


class Buyer:
    """One client with its seller. Used by one thread."""

    def __init__(self, job: Job, seller: Seller, tally: Tally, number: int) -> None:
        self._job, self._seller, self._tally = job, seller, tally
        self._dice = job.roll_dice(number)
        self._next_basket = job.workload.shop_like(self._dice)
        # One client reads the clock of the database's process for all.
        self._database_pid = job.database_pid if number == 0 else None

    def warm_up(self) -> None:
        """Place a few orders for the spare item: connections, caches and compiled things are ready then."""
        for _order in range(_WARM_UP_ORDERS):
            self._place(_WARM_UP_BASKET)

    def buy(self, started: float, arrivals: Arrivals | None) -> None:
        """Buy in the workload's way until the time is over. `started` is the moment of the common start."""
        way = self._job.workload.way
        if way is Way.SELLOUT:
            self._buy_until_sold_out(started)
        elif arrivals:
            self._buy_when_due(started, arrivals)
        elif way is Way.LIFE:
            life = Life(self._seller, self._tally, self._dice)
            self._repeat(started, lambda: life.live(lambda: self._place(self._next_basket())))
        else:
            self._repeat(started, lambda: self._place(self._next_basket()))

    def _place(self, basket: Basket) -> Outcome:
        outcome = self._seller.place(basket)
        self._tally.placed_in_all += outcome is Outcome.PLACED
        return outcome

    def _repeat(self, started: float, step: Callable[[], Outcome | None]) -> None:
        begin = started + self._job.warm_up
        end = begin + self._job.seconds
        watch = CpuWatch(self._database_pid, begin=begin, end=end)
        before = None
        while (began := time.monotonic()) < end:
            outcome = step()
            ended = time.monotonic()
            # What ends in the measured time counts, so of the two attempts across its edges it is one; and of
            # the two the processor's time is one's too.
            if outcome and begin <= ended < end:
                self._tally.note(outcome, began=began, ended=ended)
            if ended >= begin and before is None:
                before = time.thread_time()
            self._rest_if_busy(outcome)
        self._note_cpu(before, watch.take_seconds())
        self._tally.started_at, self._tally.ended_at = begin, end

    def _buy_when_due(self, started: float, arrivals: Arrivals) -> None:
        begin = started + self._job.warm_up
        end = begin + self._job.seconds
        watch = CpuWatch(self._database_pid, begin=begin, end=end)
        before = None
        while (due := arrivals.take(started)) < end:
            if (now := time.monotonic()) >= end:
                self._tally.unserved += 1
                continue
            time.sleep(max(0.0, due - now))
            if due < begin:
                self._place(self._next_basket())
                continue
            before = time.thread_time() if before is None else before
            outcome = self._place(self._next_basket())
            if (ended := time.monotonic()) < end:
                # From when it was due: whoever waits for a free client waits for the shop.
                self._tally.note(outcome, began=due, ended=ended)
            else:
                self._tally.unserved += 1
        self._note_cpu(before, watch.take_seconds())
        self._tally.started_at, self._tally.ended_at = begin, end

    def _buy_until_sold_out(self, started: float) -> None:
        before, database_before = time.thread_time(), read_cpu_seconds(self._database_pid)
        self._tally.started_at = started
        # The control sells many times over what there is; to see that takes no such time.
        is_control = self._job.contender == UNLOCKED
        end = started + (_LONGEST_CONTROL_SECONDS if is_control else _LONGEST_SELLOUT_SECONDS)
        is_over = False
        while (began := time.monotonic()) < end:
            outcome = self._place(self._next_basket())
            ended = time.monotonic()
            if outcome is Outcome.REFUSED and not is_over:
                is_over = True
                self._note_cpu(before, self._read_database_since(database_before))
                # Keep coming: what refusals cost is measured too.
                end = min(end, ended + self._job.seconds)
            self._tally.note(outcome, began=began, ended=ended)
            self._rest_if_busy(outcome)
        if not is_over:
            self._note_cpu(before, self._read_database_since(database_before))

    def _rest_if_busy(self, outcome: Outcome | None) -> None:
        """Wait as the shop asks, more or less, before coming again: nobody real asks again at once."""
        if outcome is Outcome.BUSY:
            time.sleep(self._seller.retry_after * self._job.busy_scale * self._dice.uniform(0.5, 1.5))

    def _read_database_since(self, before: float | None) -> float | None:
        now = read_cpu_seconds(self._database_pid)
        return None if now is None or before is None else now - before

    def _note_cpu(self, before: float | None, database_seconds: float | None) -> None:
        # Nothing was finished in time, if there is no before.
        self._tally.cpu_seconds = 0.0 if before is None else time.thread_time() - before
        self._tally.database_cpu_seconds = database_seconds
