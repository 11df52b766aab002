"""Take the money that came by bank transfer."""

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from orders.money import format_money
from payments.errors import UnreadableStatement
from payments.services import import_statement
from payments.statements.importing import UNREADABLE, LineResult


class Command(BaseCommand):
    """`manage.py import_bank_statement`."""

    help = (
        "Read a bank's CSV export and take the transfers in it, matched by payment reference and amount. "
        "Each line counts once, however often it is imported. What fits no payment waits for staff. "
        "Exits 1 if a line cannot be read. Example: manage.py import_bank_statement june.csv --dry-run"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare options."""
        parser.add_argument("file", type=Path, help="the export, as CSV")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen; write nothing")
        parser.add_argument("--json", action="store_true", help="print the results as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, report, and exit 1 if a line could not be read."""
        try:
            content = options["file"].read_bytes()
            results = [
                self._show(result, quiet=options["json"])
                for result in import_statement(
                    content=content, dry_run=options["dry_run"], now=timezone.now()
                )
            ]
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except UnreadableStatement as error:
            raise CommandError(f"{options['file']}: {error}") from error
        counts = Counter(result.outcome for result in results)
        if options["json"]:
            lines = [dataclasses.asdict(result) for result in results]
            report = {"dry_run": options["dry_run"], "lines": lines, "outcomes": counts}
            self.stdout.write(json.dumps(report))
        else:
            summary = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
            self.stdout.write(f"{len(results)} lines: {summary or 'nothing'}")
        if counts[UNREADABLE]:
            raise SystemExit(1)

    def _show(self, result: LineResult, *, quiet: bool) -> LineResult:
        if not quiet:
            amount = format_money(result.amount, result.currency) if result.currency else ""
            known = "" if result.is_new else "known"
            parts = (f"line {result.line}:", result.outcome, known, amount, result.reference, result.detail)
            self.stdout.write(" ".join(part for part in parts if part))
        return result
