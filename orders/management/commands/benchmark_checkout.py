"""Measure how fast orders can be placed."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from orders.benchmark.conduct import PROBLEMS, measure
from orders.benchmark.options import add_options, make_plan
from orders.benchmark.page import to_html
from orders.benchmark.report import Report, to_json, to_text


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
        add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure, report, and say whether the numbers may be believed."""
        plan = make_plan(options)
        try:
            report = measure(plan, options, report_progress=self._report_progress)
        except PROBLEMS as problem:
            raise CommandError(str(problem)) from problem
        self._publish(report, options["json"], options["html"])
        if report.failures:
            raise CommandError("; ".join(report.failures))

    def _report_progress(self, line: str) -> None:
        # On stderr, so that `--json -` prints JSON and nothing else.
        self.stderr.write(line, self.style.NOTICE)

    def _publish(self, report: Report, json_path: str | None, html_path: str | None) -> None:
        if json_path == "-":
            self.stdout.write(to_json(report))
        else:
            self.stdout.write(to_text(report))
            if json_path:
                Path(json_path).write_text(to_json(report) + "\n", encoding="utf-8")
        if html_path:
            Path(html_path).write_text(to_html(report), encoding="utf-8")
