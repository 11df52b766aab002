"""Import tax rates from WooCommerce."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.imports.errors import UnreadableFile
from shop.tax.importing import import_tax_rates


class Command(BaseCommand):
    """`manage.py import_tax_rates`."""

    help = (
        "Create and update tax rates, and the tax classes they name, from a CSV exported by WooCommerce. A "
        "rate is recognised by its place, priority and class, so a file can be imported again. Rows that "
        "cannot be used are reported by line and reason; the others load. Exit status 0 if every row was "
        "loaded, 1 if any was refused or the file cannot be read. Example: manage.py import_tax_rates "
        "tax_rates.csv --dry-run"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare options."""
        parser.add_argument("file", type=Path, metavar="FILE", help="the exported CSV file")
        parser.add_argument("--dry-run", action="store_true", help="report what would happen, change nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and report."""
        try:
            report = import_tax_rates(
                path=options["file"], dry_run=options["dry_run"], on_progress=self._show_progress
            )
        except UnreadableFile as error:
            raise CommandError(str(error)) from error
        facts = report.to_dict()
        if self.stderr.isatty():
            self.stderr.write("")
        if options["json"]:
            self.stdout.write(json.dumps(facts))
        else:
            tense = "would be" if report.dry_run else "were"
            self.stdout.write(
                f"{report.file}: {facts['created']} tax rates {tense} created, {facts['updated']} {tense} "
                f"updated, {facts['unchanged']} unchanged"
            )
            for entry in report.errors.kept:
                value = f" {entry.value!r}" if entry.value else ""
                self.stdout.write(f"  line {entry.line}: {entry.column}{value}: {entry.reason}")
        if report.errors.total:
            raise CommandError(f"{report.errors.total} rows were refused; the others are loaded.")

    def _show_progress(self, rows: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{rows} rows", ending="")
