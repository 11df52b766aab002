"""Runs: contenders taken in turns, over and over, so that a noisy neighbour is everybody's neighbour."""

import itertools
import multiprocessing
import os
import signal
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from inventory.services import create_stock_item
from inventory.transactions import contention_counts
from inventory.types import StockLevel
from orders.benchmark.audit import Audit, audit_run
from orders.benchmark.clients import Gate, Job, Tally, run_clients
from orders.benchmark.contenders import REFERENCES, UNLOCKED
from orders.benchmark.workloads import ENDLESS, Workload

# Stock items of the references name a strategy too; nobody asks it.
_ANY_STRATEGY: Final = "conditional"
FEWEST_TO_OVERSELL: Final = 2


class BenchmarkFailed(Exception):
    """A client could not do its work; the message says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. Times in seconds."""

    workloads: tuple[Workload, ...]
    contenders: tuple[str, ...]
    clients: tuple[int, ...]
    seconds: float
    warm_up: float
    repeats: int
    processes: int

    def list_turns(self) -> list["Turn"]:
        """Return every run to do, in order."""
        turns = []
        for workload in self.workloads:
            for clients in self.clients:
                for repeat in range(self.repeats):
                    # There and back again: who comes first in one repeat comes last in the next.
                    order = self.contenders if repeat % 2 == 0 else self.contenders[::-1]
                    turns += [Turn(workload, contender, clients, repeat) for contender in order]
            if max(self.clients) < FEWEST_TO_OVERSELL:
                # One buyer alone cannot oversell: nothing would prove that the benchmark notices overselling.
                turns.append(Turn(workload, UNLOCKED, FEWEST_TO_OVERSELL, 0))
        return turns


@dataclass(frozen=True, slots=True)
class Turn:
    """One run to do."""

    workload: Workload
    contender: str
    clients: int
    repeat: int


@dataclass(frozen=True, slots=True)
class Run:
    """A turn and what came of it."""

    turn: Turn
    processes: int
    tally: Tally
    audit: Audit


def split_clients(*, clients: int, processes: int) -> list[range]:
    """Spread clients evenly over processes: a range for each process, a thread for each number."""
    used = min(clients, processes)
    edges = [clients * index // used for index in range(used + 1)]
    return [range(low, high) for low, high in itertools.pairwise(edges)]


def run_plan(plan: Plan, *, report_progress: Callable[[str], None]) -> Iterator[Run]:
    """Run everything in the plan, one run at a time. Forks; uses the database Django's connection points at.

    Raises BenchmarkFailed.
    """
    turns = plan.list_turns()
    for done, turn in enumerate(turns, start=1):
        report_progress(
            f"[{done}/{len(turns)}] {turn.workload.name}, {turn.clients} clients, {turn.contender}"
        )
        yield _run_once(plan, turn)


def _run_once(plan: Plan, turn: Turn) -> Run:
    job = Job(
        contender=turn.contender,
        workload=turn.workload,
        items=_stock_up(turn),
        scope=f"benchmark:{uuid.uuid4().hex}",
        warm_up=plan.warm_up,
        seconds=plan.seconds,
        seed=turn.repeat,
    )
    shares = split_clients(clients=turn.clients, processes=plan.processes)
    # A forked child must not find its parent's connection: two processes talking over one would garble both.
    connection.close()
    tally = _run_processes(job, shares, turn.clients)
    return Run(turn, len(shares), tally, audit_run(scope=job.scope, items=job.items))


def _stock_up(turn: Turn) -> tuple[StockLevel, ...]:
    """Create this run's own stock items, and a spare without end to warm up with."""
    strategy = _ANY_STRATEGY if turn.contender in REFERENCES else turn.contender
    prefix = f"BENCH-{uuid.uuid4().hex[:12]}"
    amounts = [turn.workload.units] * turn.workload.items + [ENDLESS]
    return tuple(
        create_stock_item(
            sku=f"{prefix}-{index}",
            on_hand=units,
            locking_strategy=strategy,
            actor="benchmark",
            now=timezone.now(),
        )
        for index, units in enumerate(amounts)
    )


def _run_processes(job: Job, shares: Sequence[range], clients: int) -> Tally:
    context = multiprocessing.get_context("fork")
    gate = Gate(context, clients)
    started = []
    try:
        for share in shares:
            inbox, outbox = context.Pipe(duplex=False)
            process = context.Process(target=_serve, args=(job, gate, share, outbox), daemon=True)
            process.start()
            outbox.close()
            started.append((process, inbox))
        return _collect([inbox for _process, inbox in started])
    finally:
        for process, inbox in started:
            process.join(timeout=5)
            if process.is_alive():
                process.kill()
                process.join()
            inbox.close()


def _collect(inboxes: Sequence[Connection]) -> Tally:
    total, problems = Tally(), []
    for inbox in inboxes:
        try:
            answer: Any = inbox.recv()
        except EOFError:
            answer = "a client process died"
        if isinstance(answer, Tally):
            total.add(answer)
        else:
            problems.append(str(answer))
    if problems:
        # The first cause; clients that only waited for the failed one say nothing new.
        raise BenchmarkFailed(next((p for p in problems if "BrokenBarrier" not in p), problems[0]))
    return total


def _serve(job: Job, gate: Gate, share: range, outbox: Connection) -> None:
    """Be one process of clients."""
    # Ctrl-C is the parent's to handle; it ends its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    before = contention_counts()
    try:
        tally = run_clients(job, gate, share)
        tally.counts += contention_counts() - before
        outbox.send(tally)
    except Exception as error:  # the parent reports it
        outbox.send(f"process {os.getpid()}: {error!r}")
    finally:
        outbox.close()
