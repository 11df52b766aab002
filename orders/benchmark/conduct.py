"""A whole benchmark, from the databases it runs in to its report."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from django.utils import timezone

from orders.benchmark.durability import DurabilityNotChanged, use_durability
from orders.benchmark.history import fill_history
from orders.benchmark.options import REPORTED
from orders.benchmark.plan import Plan
from orders.benchmark.processes import BenchmarkFailed
from orders.benchmark.report import Report
from orders.benchmark.runner import run_plan
from orders.benchmark.scratch import FULL_SUFFIX, NoScratchDatabase, use_scratch_database
from orders.benchmark.server import (
    TooManyClients,
    describe_durability,
    describe_machine,
    describe_server,
    describe_tables,
    measure_commit_ms,
    require_connections,
)
from orders.benchmark.summary import summarise
from orders.benchmark.verdicts import draw_verdicts, find_failures

# What stops a benchmark; each has a message for whoever started it.
PROBLEMS: Final = (BenchmarkFailed, DurabilityNotChanged, NoScratchDatabase, TooManyClients)

_NOT_SEEN: Final = "the database's process cannot be seen from here, so its CPU time is not known"


def measure(plan: Plan, options: Mapping[str, Any], *, report_progress: Callable[[str], None]) -> Report:
    """Run the plan in databases of its own and return the report. Forks. Raises PROBLEMS."""
    with use_durability(options["durability"]), use_scratch_database() as empty:
        require_connections(clients=max(plan.clients))
        facts: dict[str, Any] = {
            "server": describe_server(),
            "durability": describe_durability(),
            "commit_ms": measure_commit_ms(),
            "machine": describe_machine(),
            "measured_at": timezone.now(),
        }
        with _use_history(plan, empty, report_progress) as (databases, tables):
            rows = summarise(run_plan(plan, databases, report_progress=report_progress))
    is_seen = all(row.database_cpu_ms_per_order is not None for row in rows)
    return Report(
        **facts,
        settings={name: options[name] for name in REPORTED},
        tables=tables,
        notes=[] if is_seen else [_NOT_SEEN],
        rows=rows,
        verdicts=draw_verdicts(rows),
        failures=find_failures(rows),
    )


@contextmanager
def _use_history(
    plan: Plan, empty: str, report_progress: Callable[[str], None]
) -> Iterator[tuple[dict[int, str], dict[str, str]]]:
    """Give the name of the database for each history, and what there is in the full one."""
    if not plan.history:
        yield {0: empty}, {}
        return
    with use_scratch_database(suffix=FULL_SUFFIX) as full:
        fill_history(orders=plan.history, report_progress=report_progress)
        yield {0: empty, plan.history: full}, describe_tables()
