"""What is known while a file is read: the shop's rules, and what was seen on earlier rows."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _

from inventory.types import SKU_LENGTH
from shop.imports.cells import check_sku, derive_sku, digest, parse_stock, parse_weight, shorten
from shop.imports.errors import CellProblem, RowProblem
from shop.imports.report import Entries, Entry, Remarks
from shop.imports.tables import Aliases, RawRow, Row, Table

Kind = Literal["errors", "skipped", "notes"]
_VALUE_LENGTH = 80


@dataclass(slots=True)
class Context:
    """One reading of one file.

    Grows with the number of SKUs and products, not with what is said about them.
    """

    currency: str
    now: dt.datetime
    # Units that a new SKU starts with if the file does not count them.
    untracked_stock: int
    remarks: Remarks
    rows: int = 0
    # Slugs that name products of this file for certain: no other product of the file may take them over.
    file_slugs: set[str] = field(default_factory=set)
    _sku_lines: dict[str, int] = field(default_factory=dict)
    _positions: Counter[str] = field(default_factory=Counter)

    def remark(self, kind: Kind, row: Row, field: str, reason: str) -> None:
        """Report something about a row's field."""
        entries: Entries = getattr(self.remarks, kind)
        entries.add(Entry(row.line, row.column(field), reason, row.get(field)[:_VALUE_LENGTH]))

    def note_pictures(self, row: Row, field: str) -> None:
        """Note that a row's pictures stay behind: no request leaves the site."""
        if row.get(field):
            reason = _("pictures are not fetched: add them in the admin")
            self.remarks.notes.add(Entry(row.line, row.column(field), reason))

    def refuse(self, row: Row, problem: RowProblem) -> None:
        """Report that a row cannot be imported."""
        self.remark("errors", row, problem.field, problem.reason)

    def refuse_broken(self, row: RawRow) -> None:
        """Report a row that could not even be taken apart."""
        self.remarks.errors.add(Entry(row.line, "", row.problem))

    def claim_sku(self, row: Row, text: str) -> str:
        """Return the SKU of a row. Raises RowProblem if an earlier row has it."""
        try:
            sku = check_sku(text)
        except CellProblem as problem:
            raise RowProblem("sku", problem.reason) from problem
        if first := self._sku_lines.get(sku):
            raise RowProblem(
                "sku", _("SKU %(sku)s is on line %(line)d already") % {"sku": sku, "line": first}
            )
        self._sku_lines[sku] = row.line
        return sku

    def claim_derived_sku(self, row: Row, base: str, values: list[str]) -> str:
        """Return a SKU made from the product and the options, and note it."""
        sku = derive_sku(base, values)
        if sku in self._sku_lines:
            # "M/L" and "M L" look the same in a SKU; the options themselves tell them apart, whatever their
            # order.
            sku = shorten(f"{sku}-{digest('/'.join(values) or row.get('id') or str(row.line))}", SKU_LENGTH)
        sku = self.claim_sku(row, sku)
        self.remarks.notes.add(
            Entry(row.line, row.column("sku"), _("no SKU: one was made from name and options"), sku)
        )
        return sku

    def next_position(self, key: str) -> int:
        """Return 0, 1, 2, ... for the variants of one product."""
        self._positions[key] += 1
        return self._positions[key] - 1

    def read_units(self, row: Row) -> int:
        """Return the units a row says are there; fewer than none are none, and noted. Raises RowProblem."""
        try:
            units, is_negative = parse_stock(row.get("stock"))
        except CellProblem as problem:
            raise RowProblem("stock", problem.reason) from problem
        if is_negative:
            self.remark("notes", row, "stock", _("fewer than none: 0 units"))
        return units

    def read_weight(self, row: Row, field: str, *, grams: Decimal) -> int | None:
        """Return a row's weight in grams, if it says one; one that makes no sense is left out, and noted."""
        try:
            return parse_weight(row.get(field), grams=grams) if row.get(field) else None
        except CellProblem as problem:
            self.remark("notes", row, field, _("the weight is left out: %(why)s") % {"why": problem.reason})
            return None

    def note_untracked(self, row: Row) -> None:
        """Note that the file does not count a variant's stock."""
        reason = _(
            "stock is not counted in the file: a new SKU starts with %(units)d units (--untracked-stock)"
        )
        self.remark("notes", row, "stock", reason % {"units": self.untracked_stock})


def list_rows(table: Table, aliases: Aliases, context: Context | None = None) -> Iterator[Row]:
    """Yield the usable rows of a file.

    With a context, count all rows and report the broken ones: do that once a file.
    """
    layout = table.locate(aliases)
    for raw in table.read():
        if context is not None:
            context.rows += 1
        if not raw.problem:
            yield Row(raw.line, raw.cells, layout)
        elif context is not None:
            context.refuse_broken(raw)
