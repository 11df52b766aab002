"""Import products from another shop's export."""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from inventory.types import MAX_QUANTITY
from shop.imports.errors import UnreadableFile
from shop.imports.report import Entries, Entry, ImportReport
from shop.services.importing import import_products

_LINES_SHOWN = 8
_BAR_LENGTH = 40


class Command(BaseCommand):
    """`manage.py import_products`."""

    help = (
        "Create and update products from a product CSV (or .csv.gz) exported by Shopify (both header "
        "generations) or WooCommerce, recognised by its header. Rows that cannot be used are reported by "
        "line and reason; the others load. Importing again updates names, prices and descriptions. Stock "
        "that is there is left alone unless --set-stock is given, which keeps what is promised to orders. A "
        "negative stock counts as 0. Pictures are not fetched. Exit status 0 if every row was loaded or "
        "passed over with a remark, 1 if any row was refused or the file cannot be read. Example: manage.py "
        "import_products products_export.csv --dry-run"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare options."""
        parser.add_argument("file", type=Path, metavar="FILE", help="the exported CSV file")
        parser.add_argument("--dry-run", action="store_true", help="report what would happen, change nothing")
        parser.add_argument(
            "--set-stock",
            action="store_true",
            help="also set the stock of SKUs that exist to the file's numbers",
        )
        parser.add_argument(
            "--untracked-stock",
            type=_parse_units,
            default=0,
            metavar="N",
            help="units a new SKU starts with where the file does not count stock (0: not for sale yet)",
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and report."""
        try:
            report = import_products(
                path=options["file"],
                dry_run=options["dry_run"],
                set_stock=options["set_stock"],
                untracked_stock=options["untracked_stock"],
                now=timezone.now(),
                on_progress=self._show_progress,
            )
        except UnreadableFile as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(
                f"The database gave up ({error}). What was loaded is whole; run it again."
            ) from error
        if self.stderr.isatty():
            self.stderr.write("")
        self.stdout.write(json.dumps(report.to_dict()) if options["json"] else "\n".join(_to_lines(report)))
        if report.has_errors:
            raise CommandError(f"{report.remarks.errors.total} rows were refused; the others are loaded.")

    def _show_progress(self, rows: int, share: float) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{draw_bar(share)} {share:4.0%}, {rows} rows", ending="")


def draw_bar(share: float) -> str:
    """Return a progress bar; `share` is from 0 to 1."""
    done = int(share * _BAR_LENGTH)
    return f"[{'=' * done}{' ' * (_BAR_LENGTH - done)}]"


def _parse_units(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_QUANTITY:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to {MAX_QUANTITY}")
    return int(text)


def _to_lines(report: ImportReport) -> Iterator[str]:
    products, variants = report.products, report.variants
    tense = "would be" if report.dry_run else "were"
    yield f"{report.file}: {report.dialect}, {report.encoding}, {report.rows} rows, in {report.currency}"
    for name, counts in (("Products", products), ("Variants", variants)):
        yield (
            f"{name}: {counts['created']} {tense} created, {counts['updated']} {tense} updated, "
            f"{counts['unchanged']} unchanged"
        )
    for title, entries in (
        ("Refused", report.remarks.errors),
        ("Passed over", report.remarks.skipped),
        ("Notes", report.remarks.notes),
    ):
        if entries.total:
            yield f"{title}: {entries.total}"
            yield from _group(entries)


def _group(entries: Entries) -> Iterator[str]:
    """One line for each thing there is to say, however many rows it is about."""
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries.kept:
        groups[entry.column, entry.reason].append(entry)
    for (column, reason), members in groups.items():
        where = f"{column}: " if column else ""
        yield f"  {where}{reason} ({_describe_rows(members)})"
    if entries.total > len(entries.kept):
        yield f"  ... and {entries.total - len(entries.kept)} more"


def _describe_rows(members: Sequence[Entry]) -> str:
    shown = [
        f"{entry.line}" + (f" {entry.value!r}" if entry.value else "") for entry in members[:_LINES_SHOWN]
    ]
    more = f" and {len(members) - _LINES_SHOWN} more" if len(members) > _LINES_SHOWN else ""
    return f"line {', '.join(shown)}{more}" if len(members) == 1 else f"lines {', '.join(shown)}{more}"
