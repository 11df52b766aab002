"""Replay an order log against the real core."""

import argparse
import dataclasses
import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inventory.errors import StockBusy
from inventory.selectors import list_strategies
from orders.errors import OrderError
from orders.replay.run import MIXED, replay_orders
from orders.replay.types import ReplayReport

_MAX_WORKERS = 256


class Command(BaseCommand):
    """`manage.py replay_orders`."""

    help = (
        "Place every invoice of an order log (the Online Retail columns, CSV or .csv.gz) as real concurrent "
        "orders against stock of F x demand, rounded down, then check the books. Cancellations (C...) and "
        "rows without a quantity or price are skipped and counted. Every run has its own SKUs "
        "(replay-<run>-...) and makes no products; its orders stay unpaid and expire after 30 days. Exit "
        "status 1 if anything was oversold, wrongly refused, lost or booked wrongly; busy orders are only "
        "reported. Example: manage.py replay_orders log.csv.gz --workers 16 --strategy mixed --stock-factor "
        "0.6 --json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare options."""
        names = [name for name, _label in list_strategies()]
        parser.add_argument("file", type=Path, metavar="FILE", help="the order log")
        parser.add_argument(
            "--workers", type=_parse_workers, default=8, metavar="N", help="buyers at once (8)"
        )
        parser.add_argument(
            "--strategy",
            choices=[*names, MIXED],
            default=names[0],
            help=f"locking strategy of every item ({names[0]}); mixed: all of them, and switched meanwhile",
        )
        parser.add_argument(
            "--stock-factor",
            type=_parse_factor,
            default=Decimal(1),
            metavar="F",
            help="stock as a share of demand (1)",
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay, report, and fail on a broken promise."""
        try:
            report = replay_orders(
                path=options["file"],
                workers=options["workers"],
                strategy=options["strategy"],
                stock_factor=options["stock_factor"],
                currency=settings.SHOP_CURRENCY,
                now=timezone.now(),
                on_progress=self._show_progress,
            )
        except (OrderError, StockBusy) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_to_json(report) if options["json"] else _to_text(report))
        if not report.kept_every_promise:
            raise CommandError("A promise was broken; see the report above.")

    def _show_progress(self, done: int, total: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done} of {total} orders", ending="" if done < total else "\n")


def _parse_workers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MAX_WORKERS:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {_MAX_WORKERS}")
    return int(text)


def _parse_factor(text: str) -> Decimal:
    try:
        factor = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError("must be a number, such as 0.6") from None
    if not factor.is_finite() or not 0 < factor <= 1_000_000:
        raise argparse.ArgumentTypeError("must be above 0")
    return factor


def _to_json(report: ReplayReport) -> str:
    content = dataclasses.asdict(report)
    content["stock_factor"] = float(report.stock_factor)
    return json.dumps(content)


def _to_text(report: ReplayReport) -> str:
    return "\n".join(
        [
            f"{report.orders_placed} orders placed, {report.orders_refused} refused, "
            f"{report.orders_busy} busy, {report.orders_failed} failed "
            f"in {report.seconds:.2f} s ({report.orders_per_second:.1f} placed a second)",
            f"{report.units_sold} of {report.units_requested} units sold, {report.skipped_rows} rows skipped",
            f"oversold units: {report.oversold_units}; false refusals: {report.false_refusals}; "
            f"books balanced: {'yes' if report.books_balanced else 'NO'}",
            f"retries: {report.retries}, deadlocks: {report.deadlocks}, lock waits: {report.lock_waits}, "
            f"conflicts: {report.conflicts}, strategy switches: {report.strategy_switches}",
            *report.problems,
        ]
    )
