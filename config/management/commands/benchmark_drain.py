"""Measure how fast the inbox and the outbox empty, however long their past is."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.benchmark.drain.measure import measure_drain, to_json, to_text
from orders.benchmark.scratch import NoScratchDatabase


class Command(BaseCommand):
    """`manage.py benchmark_drain`."""

    help = (
        "Measure how many payment events are applied a second, and how many outbox messages are delivered, "
        "with old rows in both tables. Runs in a database of its own, <name>_benchmark, which it creates "
        "and drops. Exit status 1 if something was lost. "
        "Example: manage.py benchmark_drain --events 2000 --old-rows 100000 --json out.json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare options."""
        parser.add_argument("--events", type=int, default=2_000, help="events that wait (2000)")
        parser.add_argument(
            "--old-rows", type=int, default=100_000, help="rows of the past in each table (100000)"
        )
        parser.add_argument(
            "--workers", type=int, default=2, help="processes that share the work, as in `make run` (2)"
        )
        parser.add_argument("--json", metavar="FILE", help="write the figures as JSON; - prints them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure, report, and say whether everything arrived."""
        if min(options["events"], options["workers"]) < 1 or options["old_rows"] < 0:
            raise CommandError("--events and --workers must be positive, --old-rows cannot be negative")
        try:
            measured = measure_drain(
                events=options["events"],
                old_rows=options["old_rows"],
                workers=options["workers"],
                # On stderr, so that `--json -` prints JSON and nothing else.
                report_progress=lambda line: self.stderr.write(line, self.style.NOTICE),
            )
        except NoScratchDatabase as problem:
            raise CommandError(str(problem)) from problem
        if options["json"] == "-":
            self.stdout.write(to_json(measured))
        else:
            self.stdout.write(to_text(measured))
            if options["json"]:
                Path(options["json"]).write_text(to_json(measured) + "\n", encoding="utf-8")
        if measured.failures:
            raise CommandError("; ".join(measured.failures))
