"""Measure the lists of a large catalogue, and its import."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.benchmark.catalogue.measure import measure_catalogue, to_json, to_text
from orders.benchmark.scratch import NoScratchDatabase


class Command(BaseCommand):
    """`manage.py benchmark_catalogue`."""

    help = (
        "Import a large catalogue, then measure its lists and searches beside a view that does nothing. Runs"
        " in a database of its own, <name>_benchmark, which it creates and drops. Exit status 1 if a list"
        " takes more than 10 queries or 3 times the empty view, or the import more than 3 minutes."
        " Example: manage.py benchmark_catalogue --products 10000 --variants 50000 --json out.json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare options."""
        parser.add_argument("--products", type=int, default=10_000, help="products to import (10000)")
        parser.add_argument("--variants", type=int, default=50_000, help="their variants together (50000)")
        parser.add_argument("--rounds", type=int, default=40, help="pages of each kind to look at (40)")
        parser.add_argument("--json", metavar="FILE", help="write the figures as JSON; - prints them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure, report, and say whether the bounds were kept."""
        if not 1 <= options["products"] <= options["variants"] or options["rounds"] < 1:
            raise CommandError(
                "--products and --rounds must be positive, --variants not fewer than --products"
            )
        try:
            measured = measure_catalogue(
                products=options["products"],
                variants=options["variants"],
                rounds=options["rounds"],
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
