"""Prove that the books balance."""

import dataclasses
import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.books import check_books, repair_books
from inventory.types import Finding


class Command(BaseCommand):
    """`manage.py check_books`."""

    help = (
        "Compare stock with its ledger, orders with the ledger, and orders with payments, as of one instant; "
        "safe to run while the shop sells. Exits 1 on any finding that remains. "
        "--repair sets counters to what the ledger says, where nothing else is wrong with an item. "
        "Example: manage.py check_books --json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare options."""
        parser.add_argument("--json", action="store_true", help="print findings as JSON")
        parser.add_argument("--repair", action="store_true", help="repair what is safe")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, repair if asked, report, and exit 1 if something remains."""
        started = time.monotonic()
        findings = check_books(report_progress=self._show_progress)
        repaired = repair_books(findings) if options["repair"] else []
        remaining = [finding for finding in findings if finding not in repaired]
        if options["json"]:
            self._print_json(remaining, repaired, time.monotonic() - started)
        else:
            self._print_text(remaining, repaired)
        if remaining:
            raise SystemExit(1)

    def _show_progress(self, orders: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{orders:,} orders checked", ending="")

    def _print_json(self, remaining: list[Finding], repaired: list[Finding], seconds: float) -> None:
        report = {
            "books_balanced": not remaining,
            "findings": [dataclasses.asdict(finding) for finding in remaining],
            "repaired": [dataclasses.asdict(finding) for finding in repaired],
            "seconds": round(seconds, 3),
        }
        self.stdout.write(json.dumps(report))

    def _print_text(self, remaining: list[Finding], repaired: list[Finding]) -> None:
        if self.stderr.isatty():
            self.stderr.write("")
        for label, findings in (("repaired", repaired), ("FINDING", remaining)):
            for f in findings:
                self.stdout.write(
                    f"{label} {f.check} {f.subject}: expected {f.expected}, found {f.actual} ({f.detail})"
                )
        if not remaining:
            self.stdout.write(self.style.SUCCESS("The books balance."))
        elif any(finding.repairable for finding in remaining):
            self.stdout.write("Counters that differ from a sound ledger can be set right with --repair.")
