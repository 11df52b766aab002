"""Measure how fast a flood of unpaid orders is cancelled while the same item sells."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory.selectors import list_strategies
from orders.benchmark.processes import BenchmarkFailed
from orders.benchmark.scratch import NoScratchDatabase
from orders.benchmark.server import TooManyClients
from orders.benchmark.sweeping.measure import SweepPlan, measure_sweep
from orders.benchmark.sweeping.report import SweepMeasurement, to_json, to_text


class Command(BaseCommand):
    """`manage.py benchmark_sweep`."""

    help = (
        "Measure the sweep of overdue orders while their item sells: the rate of sales alone, then of both. "
        "Runs in a database of its own, <name>_benchmark, which it creates and drops. Exit status 1 if "
        "a promise was broken. Example: manage.py benchmark_sweep --orders 100000 --clients 8 --json out.json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare options."""
        add = parser.add_argument
        strategies = [name for name, _label in list_strategies()]
        add("--orders", type=int, default=100_000, help="overdue orders of the one item (100000)")
        add("--clients", type=int, default=8, help="buyers at once (8)")
        add("--strategy", choices=strategies, default="combined", help="of the item (combined)")
        add("--allowances", type=int, default=0, help="customer limits each order counts against (0)")
        add("--seconds", type=float, default=5.0, help="how long buyers are measured alone (5)")
        add(
            "--processes",
            type=int,
            default=os.cpu_count() or 2,
            help="spread buyers over at most so many processes (one for each CPU)",
        )
        add("--json", metavar="FILE", help="write the figures as JSON; - prints them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure, report, and say whether every promise was kept."""
        if min(options["orders"], options["clients"], options["processes"]) < 1 or options["seconds"] <= 0:
            raise CommandError("--orders, --clients, --processes and --seconds must be positive")
        if options["allowances"] < 0:
            raise CommandError("--allowances cannot be negative")
        plan = SweepPlan(**{name: options[name] for name in SweepPlan.__dataclass_fields__})
        try:
            measured = measure_sweep(plan, report_progress=self._report_progress)
        except (BenchmarkFailed, NoScratchDatabase, TooManyClients) as problem:
            raise CommandError(str(problem)) from problem
        self._publish(measured, options["json"])
        if measured.failures:
            raise CommandError("; ".join(measured.failures))

    def _report_progress(self, line: str) -> None:
        # On stderr, so that `--json -` prints JSON and nothing else.
        self.stderr.write(line, self.style.NOTICE)

    def _publish(self, measured: SweepMeasurement, json_path: str | None) -> None:
        if json_path == "-":
            self.stdout.write(to_json(measured))
            return
        self.stdout.write(to_text(measured))
        if json_path:
            Path(json_path).write_text(to_json(measured) + "\n", encoding="utf-8")
