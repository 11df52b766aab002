"""Taking tax rates from a WooCommerce export."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from inventory.transactions import run_in_transaction
from shop.imports.errors import RowProblem, UnreadableFile
from shop.imports.report import Entries, Entry
from shop.imports.sources import inspect_source
from shop.imports.tables import Aliases, Layout, RawRow, Row, Table, list_tables
from shop.places.countries import list_country_codes
from shop.tax.models import TaxClass, TaxRate
from shop.tax.rates import forget_rates

_COLUMNS: Final[Aliases] = {
    "country": ("country code",),
    "region": ("state code",),
    "postal_codes": ("zip/postcode", "postcode / zip", "postcode/zip"),
    "city": ("city",),
    "percent": ("rate %", "rate"),
    "name": ("tax name",),
    "priority": ("priority",),
    "is_compound": ("compound",),
    "is_on_shipping": ("shipping",),
    "tax_class": ("tax class",),
}
_ANY: Final = "*"
_STANDARD: Final = ("", "standard")
# By these a rate is recognised when its file is imported again.
_IDENTITY: Final = ("country", "region", "postal_codes", "city", "priority", "tax_class")
_MOST_PERCENT: Final = 1000


@dataclass(slots=True)
class TaxImportReport:
    """What an import of tax rates did, and which rows it refused."""

    file: str
    dry_run: bool
    outcomes: Counter[str] = field(default_factory=Counter)
    errors: Entries = field(default_factory=Entries)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "file": self.file,
            "dry_run": self.dry_run,
            **{name: self.outcomes[name] for name in ("created", "updated", "unchanged")},
            "error_count": self.errors.total,
            "errors": [asdict(entry) for entry in self.errors.kept],
        }


def import_tax_rates(
    *, path: Path, dry_run: bool = False, on_progress: Callable[[int], None] = lambda _rows: None
) -> TaxImportReport:
    """Create and update tax rates from WooCommerce's CSV; what cannot be used is reported by line.

    A rate is recognised by its place, priority and class, so importing a file again changes only what
    differs; classes that are missing are made. Raises UnreadableFile. Opens a transaction: a file is loaded
    as far as its rows are good, or not at all.
    """
    table, layout = _open(path)

    def load() -> TaxImportReport:
        report = TaxImportReport(path.name, dry_run)
        for number, raw in enumerate(table.read(), start=1):
            _load_row(raw, layout, report)
            on_progress(number)
        return report

    report = run_in_transaction(load)
    forget_rates()
    return report


def _open(path: Path) -> tuple[Table, Layout]:
    for table in list_tables(inspect_source(path)):
        layout = table.locate(_COLUMNS)
        if {"country", "percent", "name"} <= layout.positions.keys():
            return table, layout
    raise UnreadableFile(_("No header of a WooCommerce tax export: Country Code, Rate %, Tax Name, ..."))


def _load_row(raw: RawRow, layout: Layout, report: TaxImportReport) -> None:
    row = Row(raw.line, raw.cells, layout)
    if raw.problem:
        report.errors.add(Entry(raw.line, "", raw.problem))
        return
    try:
        values = _read_row(row)
        outcome = _save(values, dry_run=report.dry_run)
    except RowProblem as problem:
        value = row.get(problem.field)
        report.errors.add(Entry(raw.line, row.column(problem.field), problem.reason, value[:100]))
    else:
        report.outcomes[outcome] += 1


def _read_row(row: Row) -> dict[str, Any]:
    rate = TaxRate(
        country=_read_any(row, "country").upper(),
        region=_read_any(row, "region"),
        city=_read_any(row, "city"),
        postal_codes=_read_any(row, "postal_codes"),
        percent=_read_percent(row),
        name=row.get("name") or _("Tax"),
        priority=_read_priority(row),
    )
    if rate.country not in list_country_codes():
        raise RowProblem("country", _("no country has this code"))
    rate.clean()
    try:
        rate.clean_fields(exclude=["tax_class"])
    except ValidationError as error:
        name, reasons = next(iter(error.message_dict.items()))
        raise RowProblem(name, " ".join(reasons)) from error
    names = ("country", "region", "city", "postal_codes", "percent", "name", "priority")
    return {
        **{name: getattr(rate, name) for name in names},
        "is_compound": _read_flag(row, "is_compound", default=False),
        "is_on_shipping": _read_flag(row, "is_on_shipping", default=True),
        "tax_class": row.get("tax_class").lower(),
    }


def _read_any(row: Row, name: str) -> str:
    text = row.get(name)
    return "" if text == _ANY else text


def _read_percent(row: Row) -> Decimal:
    try:
        percent = Decimal(row.get("percent").removesuffix("%").strip())
    except InvalidOperation:
        raise RowProblem("percent", _("not a percentage")) from None
    if not percent.is_finite() or not 0 <= percent <= _MOST_PERCENT:
        raise RowProblem("percent", _("not a percentage"))
    return percent.quantize(Decimal("0.0001"))


def _read_priority(row: Row) -> int:
    text = row.get("priority") or "1"
    if not text.isdecimal() or len(text) > 4:
        raise RowProblem("priority", _("not a small whole number"))
    return int(text)


def _read_flag(row: Row, name: str, *, default: bool) -> bool:
    text = row.get(name).lower()
    if text not in ("", "0", "1", "yes", "no"):
        raise RowProblem(name, _("neither 0 nor 1"))
    return text in ("1", "yes") if text else default


def _save(values: Mapping[str, Any], *, dry_run: bool) -> str:
    tax_class = _get_class(values["tax_class"], dry_run=dry_run)
    if tax_class is not None and tax_class._state.adding:
        return "created"
    wanted = {**values, "tax_class": tax_class}
    known = TaxRate.objects.filter(**{name: wanted[name] for name in _IDENTITY}).order_by("id").first()
    if known and all(getattr(known, name) == value for name, value in wanted.items()):
        return "unchanged"
    if not dry_run:
        TaxRate(pk=known.pk if known else None, **wanted).save()
    return "updated" if known else "created"


def _get_class(slug: str, *, dry_run: bool) -> TaxClass | None:
    if slug in _STANDARD:
        return None
    tax_class = TaxClass(slug=slug, name=slug.replace("-", " ").capitalize())
    try:
        tax_class.clean_fields()
    except ValidationError as error:
        raise RowProblem("tax_class", _("not a tax class")) from error
    known = TaxClass.objects.filter(slug=slug).first()
    if known is None and not dry_run:
        tax_class.save()
    return known or tax_class
