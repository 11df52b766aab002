"""Processes of buyers that buy one item over and over until they are told to stop."""

import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection

from orders.benchmark.jobs import Job
from orders.benchmark.processes import BenchmarkFailed
from orders.benchmark.sellers import Outcome, ShopSeller
from orders.benchmark.workloads import Basket

_BASKET: Final[Basket] = ((0, 1),)
_PATIENCE_SECONDS: Final = 60.0

# (moment at which it was placed on the clock all processes share, seconds it took)
Sale = tuple[float, float]


class Buyers:
    """What buyers at work have to say, once they have stopped."""

    def __init__(self) -> None:
        self.sales: list[Sale] = []

    def count_per_second(self, began: float, ended: float) -> float:
        """Return orders placed per second between two moments."""
        return len(self._between(began, ended)) / (ended - began)

    def find_p95_ms(self, began: float, ended: float) -> float:
        """Return how long 95 of 100 of these orders took at most."""
        times = sorted(seconds for _at, seconds in self._between(began, ended))
        return 1000 * times[int(0.95 * (len(times) - 1))] if times else 0.0

    def _between(self, began: float, ended: float) -> list[Sale]:
        return [sale for sale in self.sales if began <= sale[0] < ended]


@contextmanager
def buyers_at_work(job: Job, *, shares: list[range]) -> Iterator[Buyers]:
    """Let buyers, a process for each share, buy the job's first item while the block lasts.

    The caller has closed its connection. Raises BenchmarkFailed.
    """
    context = multiprocessing.get_context("fork")
    stop, buyers = context.Event(), Buyers()
    started = []
    try:
        for share in shares:
            inbox, outbox = context.Pipe(duplex=False)
            process = context.Process(target=_serve, args=(job, share, stop, outbox), daemon=True)
            process.start()
            outbox.close()
            started.append((process, inbox))
        yield buyers
        stop.set()
        for _process, inbox in started:
            buyers.sales += _receive(inbox)
    finally:
        for process, inbox in started:
            process.join(timeout=0 if not stop.is_set() else 5)
            if process.is_alive():
                process.kill()
                process.join()
            inbox.close()


def _receive(inbox: Any) -> list[Sale]:
    answer: Any = "a process of buyers died"
    try:
        if inbox.poll(_PATIENCE_SECONDS):
            answer = inbox.recv()
    except EOFError:
        pass
    if isinstance(answer, str):
        raise BenchmarkFailed(answer)
    return list(answer)


def _serve(job: Job, share: range, stop: Any, outbox: Any) -> None:
    """Be one process of buyers, a thread each."""
    sales: list[Sale] = []
    problems: list[str] = []
    threads = [threading.Thread(target=_buy, args=(job, stop, sales, problems)) for _buyer in share]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outbox.send(problems[0] if problems else sales)
    outbox.close()


def _buy(job: Job, stop: Any, sales: list[Sale], problems: list[str]) -> None:
    seller = ShopSeller(job)
    try:
        is_stopped = False
        while not is_stopped:
            # Asked before, so that everybody buys at least once.
            is_stopped = stop.is_set()
            began = time.monotonic()
            outcome = seller.place(_BASKET)
            ended = time.monotonic()
            if outcome is Outcome.PLACED:
                sales.append((ended, ended - began))
            else:
                # As a client does that is told to come back.
                time.sleep(seller.retry_after * job.busy_scale)
    except Exception as error:  # the parent reports it
        problems.append(repr(error))
    finally:
        connection.close()
