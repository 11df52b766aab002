"""Sweep once, now."""

import dataclasses
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inventory.errors import StockBusy
from orders.services import sweep_expired_orders


class Command(BaseCommand):
    """`manage.py sweep_expired_orders`."""

    help = (
        "Cancel every unpaid order whose payment deadline has passed and return its stock. "
        "Celery beat does this by itself; run it by hand after an outage. "
        "Example: manage.py sweep_expired_orders --batch-size 500 --json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare options."""
        parser.add_argument(
            "--batch-size", type=int, default=200, help="orders cancelled in one transaction (200)"
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep and report."""
        if options["batch_size"] < 1:
            raise CommandError("--batch-size must be at least 1")
        try:
            report = sweep_expired_orders(now=timezone.now(), batch_size=options["batch_size"])
        except StockBusy as busy:
            raise CommandError(f"The shop is too busy to sweep just now ({busy}); run it again.") from busy
        if options["json"]:
            self.stdout.write(json.dumps(dataclasses.asdict(report)))
        else:
            self.stdout.write(
                f"{report.cancelled} orders cancelled, {report.units_released} units returned, "
                f"{report.parked} parked for staff, in {report.seconds:.2f} s"
            )
