"""Compare our payments with the gateways' own lists."""

import dataclasses
import datetime as dt
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date

from orders.money import format_money
from payments.services import reconcile_payments
from payments.types import FindingView, ReconciliationReport


class Command(BaseCommand):
    """`manage.py reconcile_payments`."""

    help = (
        "Compare payments with the gateways' own lists: charges without an order, orders without a charge, "
        "amounts and refunds that differ, reports that were lost. Findings are kept for staff in the admin. "
        "--repair takes what was lost through the inbox. Exits 1 if a finding remains or a gateway does not "
        "answer. Example: manage.py reconcile_payments --since 2026-01-31 --json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare options."""
        parser.add_argument("--since", help="payments opened since this day; three days back if left out")
        parser.add_argument("--json", action="store_true", help="print the reports as JSON")
        parser.add_argument("--repair", action="store_true", help="repair what is safe")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, repair if asked, report, and exit 1 if something remains."""
        reports = reconcile_payments(
            now=timezone.now(), since=_parse_day(options["since"]), repair=options["repair"]
        )
        if options["json"]:
            self.stdout.write(json.dumps([dataclasses.asdict(report) for report in reports]))
        else:
            for report in reports:
                self._print(report)
        if any(report.findings or report.error for report in reports):
            raise SystemExit(1)

    def _print(self, report: ReconciliationReport) -> None:
        for label, findings in (("repaired", report.repaired), ("FINDING", report.findings)):
            for finding in findings:
                self.stdout.write(f"{label} {_describe(finding)}")
        if report.error:
            self.stdout.write(f"{report.gateway}: {report.error}")
        elif not report.findings:
            self.stdout.write(self.style.SUCCESS(f"{report.gateway}: {report.charges} payments, no finding."))


def _describe(finding: FindingView) -> str:
    ours, theirs = (format_money(amount, finding.currency) for amount in (finding.expected, finding.actual))
    text = f"{finding.kind} {finding.gateway} {finding.reference}: ours {ours}, the gateway's {theirs}"
    return f"{text} ({finding.detail})" if finding.detail else text


def _parse_day(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"--since: {text!r} is no day like 2026-01-31")
    return dt.datetime.combine(day, dt.time.min, tzinfo=dt.UTC)
