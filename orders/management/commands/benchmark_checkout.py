"""Measure how fast orders can be placed."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inventory.selectors import list_strategies
from orders.benchmark.contenders import REFERENCES
from orders.benchmark.report import Report, to_html, to_json, to_table
from orders.benchmark.runner import BenchmarkFailed, Plan, run_plan
from orders.benchmark.scratch import NoScratchDatabase, use_scratch_database
from orders.benchmark.server import describe_durability, describe_machine, describe_server
from orders.benchmark.summary import find_failures, summarise
from orders.benchmark.workloads import list_workloads

_ALL = "all"


class Command(BaseCommand):
    """`manage.py benchmark_checkout`."""

    help = (
        "Measure the checkout with each locking strategy beside two references: raw (the same rows by bare "
        "mysqlclient) and unlocked (no protection; must oversell, or the run is void). Runs in a database of "
        "its own, <name>_benchmark, which it creates and drops. Exit status 1 if a strategy oversold or the "
        "control did not. Example: "
        "manage.py benchmark_checkout --workload hot --strategy conditional --clients 1,8 --json out.json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare options."""
        workloads = [*list_workloads(sellout_units=1), _ALL]
        strategies = [name for name, _label in list_strategies()] + [_ALL]
        parser.add_argument("--workload", choices=workloads, default="hot", help="what is bought (hot)")
        parser.add_argument(
            "--strategy", choices=strategies, default=_ALL, help="which locking strategy (all)"
        )
        parser.add_argument(
            "--clients", default="1,8,32", help="how many buyers at once, separated by commas (1,8,32)"
        )
        parser.add_argument(
            "--processes",
            type=int,
            default=os.cpu_count() or 2,
            help="spread buyers over at most so many processes (one for each CPU, as the shop itself runs)",
        )
        parser.add_argument("--seconds", type=float, default=5.0, help="measured time of each run (5)")
        parser.add_argument(
            "--warm-up", type=float, default=1.0, help="seconds before it that do not count (1)"
        )
        parser.add_argument(
            "--repeats", type=int, default=3, help="runs of each contender, taken in turns (3)"
        )
        parser.add_argument("--stock", type=int, default=1000, help="units at the start of a sellout (1000)")
        parser.add_argument("--json", metavar="FILE", help="write the report as JSON; - prints it")
        parser.add_argument("--html", metavar="FILE", help="write the report as one HTML page")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure, report, and say whether the numbers may be believed."""
        plan = _make_plan(options)
        try:
            with use_scratch_database():
                facts = {"server": describe_server(), "durability": describe_durability()}
                rows = summarise(list(run_plan(plan, report_progress=self._report_progress)))
        except (NoScratchDatabase, BenchmarkFailed) as problem:
            raise CommandError(str(problem)) from problem
        failures = find_failures(rows)
        report = Report(
            **facts,  # type: ignore[arg-type]
            machine=describe_machine(),
            measured_at=timezone.now(),
            settings={name: options[name] for name in ("seconds", "warm_up", "repeats", "processes")},
            rows=rows,
            failures=failures,
        )
        self._publish(report, options["json"], options["html"])
        if failures:
            raise CommandError("; ".join(failures))

    def _report_progress(self, line: str) -> None:
        # On stderr, so that `--json -` prints JSON and nothing else.
        self.stderr.write(line, self.style.NOTICE)

    def _publish(self, report: Report, json_path: str | None, html_path: str | None) -> None:
        if json_path == "-":
            self.stdout.write(to_json(report))
        else:
            self.stdout.write(to_table(report))
            if json_path:
                Path(json_path).write_text(to_json(report) + "\n", encoding="utf-8")
        if html_path:
            Path(html_path).write_text(to_html(report), encoding="utf-8")


def _make_plan(options: dict[str, Any]) -> Plan:
    if min(options["processes"], options["repeats"], options["stock"]) < 1 or options["seconds"] <= 0:
        raise CommandError("--processes, --repeats, --stock and --seconds must be positive")
    if options["warm_up"] < 0:
        raise CommandError("--warm-up cannot be negative")
    workloads = list_workloads(sellout_units=options["stock"])
    names = [name for name, _label in list_strategies()]
    return Plan(
        workloads=tuple(workloads.values())
        if options["workload"] == _ALL
        else (workloads[options["workload"]],),
        contenders=(*REFERENCES, *(names if options["strategy"] == _ALL else [options["strategy"]])),
        clients=_parse_clients(options["clients"]),
        seconds=options["seconds"],
        warm_up=options["warm_up"],
        repeats=options["repeats"],
        processes=options["processes"],
    )


def _parse_clients(text: str) -> tuple[int, ...]:
    try:
        clients = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        raise CommandError(f"--clients takes numbers separated by commas, not {text!r}") from None
    if min(clients) < 1:
        raise CommandError("--clients must be at least 1")
    return clients
