"""A whole benchmark, from the databases it runs in to its report."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from django.utils import timezone

from orders.benchmark.durability import DurabilityNotChanged, use_durability
from orders.benchmark.history import fill_history
from orders.benchmark.levels import Level, get_level
from orders.benchmark.options import REPORTED
from orders.benchmark.plan import Plan
from orders.benchmark.processes import BenchmarkFailed
from orders.benchmark.report import Report
from orders.benchmark.runner import Place, run_plan
from orders.benchmark.scratch import FULL_SUFFIX, NoScratchDatabase, switch_to_database, use_scratch_database
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
    level = get_level(plan.level)
    with use_durability(options["durability"]), use_scratch_database(apps=level.apps) as empty:
        require_connections(clients=max(plan.clients))
        facts: dict[str, Any] = {
            "server": describe_server(),
            "durability": describe_durability(),
            "commit_ms": measure_commit_ms(),
            "machine": describe_machine(),
            "measured_at": timezone.now(),
        }
        with _use_history(plan, level, report_progress) as (full, tables), ExitStack() as stack:
            databases = dict(zip(plan.histories, [empty, *full], strict=True))
            places = {history: _open(stack, plan, name) for history, name in databases.items()}
            rows = summarise(run_plan(plan, places, report_progress=report_progress))
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
    plan: Plan, level: Level, report_progress: Callable[[str], None]
) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Give the name of the full database, if one is asked for, and what there is in it."""
    if not plan.history:
        yield [], {}
        return
    with use_scratch_database(apps=level.apps, suffix=FULL_SUFFIX) as full:
        fill_history(orders=plan.history, report_progress=report_progress)
        yield [full], describe_tables()


def _open(stack: ExitStack, plan: Plan, database: str) -> Place:
    switch_to_database(database)
    opened = get_level(plan.level).open(database=database, delays=plan.delays)
    return Place(database, stack.enter_context(opened))
