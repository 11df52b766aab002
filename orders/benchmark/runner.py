"""Runs: contenders taken in turns, over and over, so that a noisy neighbour is everybody's neighbour."""

import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.utils import timezone

from inventory.ids import new_id
from inventory.services import create_stock_item
from inventory.types import StockLevel
from orders.benchmark.audit import Audit, audit_run
from orders.benchmark.contenders import DO_NOTHING, REFERENCES
from orders.benchmark.jobs import Job
from orders.benchmark.levels import Session
from orders.benchmark.life import end_life
from orders.benchmark.plan import Plan, Turn
from orders.benchmark.processes import run_processes
from orders.benchmark.processor import find_server_process
from orders.benchmark.scratch import switch_to_database
from orders.benchmark.tally import Tally
from orders.benchmark.workloads import ENDLESS, Way

# Stock items of the references name a strategy too; nobody asks it.
_ANY_STRATEGY: Final = "conditional"


@dataclass(frozen=True, slots=True)
class Place:
    """A database, and the way into the shop that uses it."""

    database: str
    session: Session


@dataclass(frozen=True, slots=True)
class Run:
    """A turn and what came of it."""

    turn: Turn
    processes: int
    tally: Tally
    audit: Audit

    @property
    def orders_per_second(self) -> float:
        """Orders placed in the measured time; a sell-out is over with its last unit."""
        end = self.tally.last_placed_at if self.turn.workload.sells_out else self.tally.ended_at
        seconds = max(0.0, end - self.tally.started_at)
        return len(self.tally.latencies) / seconds if seconds else 0.0


def split_clients(*, clients: int, processes: int) -> list[range]:
    """Spread clients evenly over processes: a range for each process, a thread for each number."""
    used = min(clients, processes)
    edges = [clients * index // used for index in range(used + 1)]
    return [range(low, high) for low, high in itertools.pairwise(edges)]


def run_plan(
    plan: Plan, places: Mapping[int, Place], *, report_progress: Callable[[str], None]
) -> Iterator[Run]:
    """Run everything in the plan, one run at a time, in the place for each turn's history. Forks.

    Raises BenchmarkFailed.
    """
    turns = plan.list_turns()
    capacities: dict[Turn, float] = {}
    for done, turn in enumerate(turns, start=1):
        report_progress(f"[{done}/{len(turns)}] {_describe(turn)}")
        run = _run_once(plan, turn, places[turn.history], capacities)
        if turn.workload.way is Way.OPEN and turn.offered_percent is None:
            capacities[turn] = run.orders_per_second
        yield run


def _describe(turn: Turn) -> str:
    parts = [turn.workload.name, f"{turn.clients} clients", turn.contender]
    if turn.history:
        parts.append(f"{turn.history} orders there already")
    if turn.offered_percent:
        parts.append(f"offered {turn.offered_percent} %")
    return ", ".join(parts)


def _run_once(plan: Plan, turn: Turn, place: Place, capacities: Mapping[Turn, float]) -> Run:
    switch_to_database(place.database)
    since = new_id()
    job = Job(
        contender=turn.contender,
        workload=turn.workload,
        items=_stock_up(turn),
        warm_up=plan.warm_up,
        seconds=plan.seconds,
        seed=turn.repeat,
        delays=plan.delays,
        busy_scale=plan.busy_scale,
        arrivals_per_second=_find_arrivals(turn, capacities),
        database_pid=find_server_process(),
    )
    shares = split_clients(clients=turn.clients, processes=plan.processes)
    # A forked child must not find its parent's connection: two processes talking over one would garble both.
    connection.close()
    run = run_processes if turn.contender in REFERENCES else place.session.run
    tally = run(job, shares)
    if turn.workload.way is Way.LIFE:
        end_life(turn.workload.payment_window)
    return Run(turn, len(shares), tally, audit_run(since_id=since, items=job.items))


def _find_arrivals(turn: Turn, capacities: Mapping[Turn, float]) -> float | None:
    if turn.offered_percent is None:
        return None
    closed = Turn(turn.workload, turn.contender, turn.clients, turn.repeat, turn.history)
    # Not none at all, so that a contender that stands still is reported and not divided by.
    return max(1.0, capacities[closed] * turn.offered_percent / 100)


def _stock_up(turn: Turn) -> tuple[StockLevel, ...]:
    """Create this run's own stock items, and a spare without end to warm up with."""
    is_strategy = turn.contender not in (*REFERENCES, DO_NOTHING)
    strategy = turn.contender if is_strategy else _ANY_STRATEGY
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
