"""One process's share of the clients, a thread each, all starting at one barrier."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from inventory.contention import batch_sizes, contention_counts
from orders.benchmark.buying import Arrivals, Buyer
from orders.benchmark.contenders import make_seller
from orders.benchmark.jobs import Job
from orders.benchmark.life import Housekeeper
from orders.benchmark.tally import Tally
from orders.benchmark.wire import Wire, use_wire
from orders.benchmark.workloads import Way


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


def run_clients(job: Job, gate: Gate, *, process: int, processes: int, numbers: range) -> Tally:
    """Run these clients, a thread each, and return what they saw. Raises what a failing client raised."""
    wire = Wire(job.delays)
    use_wire(wire)
    arrivals = Arrivals(job, process=process, processes=processes) if job.arrivals_per_second else None
    clients = [_Client(job, gate, number, arrivals) for number in numbers]
    before = _Counts()
    clients[0].at_start = before.take
    with Housekeeper(job.list_skus() if job.workload.way is Way.LIFE and 0 in numbers else ()) as housekeeper:
        for client in clients:
            client.thread.start()
        for client in clients:
            client.thread.join()
    _raise_first_cause([client.error for client in clients] + [housekeeper.error])
    total = Tally()
    for client in clients:
        total.add(client.tally)
    total.counts += contention_counts() - before.contention + housekeeper.counts
    total.cpu_seconds += housekeeper.cpu_seconds
    total.batches = batch_sizes() - before.batches
    total.holds = [held for at, held in wire.holds if total.started_at <= at <= total.ended_at]
    return total


def _raise_first_cause(errors: list[Exception | None]) -> None:
    found = [error for error in errors if error]
    # Clients that only waited for the failed one say nothing about the cause.
    for error in sorted(found, key=lambda error: isinstance(error, threading.BrokenBarrierError)):
        raise error


class _Counts:
    """What this process had counted when the clients started, warm."""

    def __init__(self) -> None:
        self.contention: Counter[str] = Counter()
        self.batches: Counter[int] = Counter()

    def take(self) -> None:
        self.contention, self.batches = contention_counts(), batch_sizes()


class _Client:
    def __init__(self, job: Job, gate: Gate, number: int, arrivals: Arrivals | None) -> None:
        self.tally = Tally()
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self._run)
        self.at_start: Callable[[], None] = lambda: None
        self._job, self._gate, self._number, self._arrivals = job, gate, number, arrivals

    def _run(self) -> None:
        try:
            self._buy()
        except Exception as error:  # handed to the thread that joins this one
            self.error = error
            self._gate.abandon()

    def _buy(self) -> None:
        seller = make_seller(self._job)
        try:
            buyer = Buyer(self._job, seller, self.tally, self._number)
            buyer.warm_up()
            started = self._gate.pass_through()
            self.at_start()
            buyer.buy(started, self._arrivals)
            self.tally.counts += seller.counts
        finally:
            seller.close()
