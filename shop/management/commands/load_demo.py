"""`manage.py load_demo`: a shop to look at."""

import argparse
import dataclasses
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from shop.demo.load import CUSTOMER, STAFF, count_other_products, load_demo


class Command(BaseCommand):
    """Load the demo catalogue, its stock, its pictures, two flash sales, a coupon and two log-ins."""

    help = (
        "Loads 40 demo products with pictures and stock, two flash sales, a demo customer and a staff"
        " log-in. What is there already stays as it is, so running it again is harmless."
        " Example: manage.py load_demo"
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--force", action="store_true", help="load even into a shop that has products of its own"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what is missing."""
        others = count_other_products()
        if others and not options["force"]:
            raise CommandError(
                f"This shop already has {others} product(s) of its own, and the demo comes with log-ins"
                " whose passwords everybody knows. Nothing was loaded."
                " Use --force if that is really what you want.",
                # `make run` takes this calmly, unlike a failure.
                returncode=3,
            )
        quiet = options["json"] or options["verbosity"] == 0
        report = load_demo(
            now=timezone.now(), announce=lambda name: None if quiet else self.stdout.write(f"  {name}")
        )
        if options["json"]:
            self.stdout.write(json.dumps(dataclasses.asdict(report)))
        elif options["verbosity"]:
            self.stdout.write(
                f"Demo: {report.products} product(s), {report.pictures} picture(s),"
                f" {report.sales} flash sale(s) and {report.users} log-in(s) added."
            )
            self.stdout.write(f"Customer: {CUSTOMER[0]} / {CUSTOMER[1]}")
            self.stdout.write(f"Staff:    {STAFF[0]} / {STAFF[1]}  (at /admin/)")
