"""Reading a bank's CSV export: any usual separator, encoding and way to write amounts."""

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from babel.numbers import get_currency_precision
from django.utils.translation import gettext as _

from payments.errors import UnreadableStatement
from payments.statements.columns import Columns, find_columns

MAX_BYTES: Final = 20_000_000
# How .xlsx and .xls begin: what people export, open to have a look, and save.
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_ENCODINGS: Final = ("utf-8-sig", "cp1252", "gb18030")
_LONGEST_PREAMBLE: Final = 40
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_SPACES: Final = re.compile(r"[\s'’]")
_AROUND: Final = re.compile(r"^[A-Za-z€$£¥]+|[A-Za-z€$£¥]+$")
_GROUPED: Final = re.compile(
    r"(?P<whole>[1-9]\d{0,2}([.,])\d{3}(?:\2\d{3})*)(?:(?!\2)[.,](?P<fraction>\d*))?"
)
_PLAIN: Final = re.compile(r"(?P<whole>\d+)(?:[.,](?P<fraction>\d*))?")
_MAX_AMOUNT: Final = 10**15


@dataclass(frozen=True, slots=True)
class StatementLine:
    """Money on an account. `amount` is minor units, negative for what left.

    `id` is the same at every import.
    """

    number: int
    id: str
    date: str
    amount: int
    currency: str
    text: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be read, and why."""

    number: int
    problem: str


def read_statement(content: bytes, *, currency: str) -> Iterator[StatementLine | BadLine]:
    """Yield every line of a statement; `currency` is that of lines that name none.

    Raises UnreadableStatement for what is no statement at all.
    """
    if content.startswith(_WORKBOOKS):
        raise UnreadableStatement(_("it is a workbook; open it in Excel and save it as CSV"))
    if len(content) > MAX_BYTES:
        raise UnreadableStatement(_("larger than %(most)d MB") % {"most": MAX_BYTES // 1_000_000})
    columns, rows = _find_header(content)
    seen: Counter[str] = Counter()
    for number, row in rows:
        if any(cell.strip() for cell in row):
            yield _read_row(number, row, columns, currency, seen)


def _find_header(content: bytes) -> tuple[Columns, Iterator[tuple[int, list[str]]]]:
    """Return the columns and the numbered rows below them; banks like to write a letter above."""
    for text in _decode(content):
        lines = text.splitlines(keepends=True)
        for start, line in enumerate(lines[:_LONGEST_PREAMBLE]):
            for separator in ";,\t|":
                columns = find_columns(line.rstrip("\r\n").split(separator))
                if columns is not None:
                    return columns, _read_rows(lines[start + 1 :], separator, start + 1)
    raise UnreadableStatement(_("no header with an amount and a text was found"))


def _decode(content: bytes) -> Iterator[str]:
    """Yield what the file says in each encoding it could be in; a header will tell which is right."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield content.decode("utf-16", "replace")
        return
    for encoding in _ENCODINGS:
        with suppress(UnicodeDecodeError):
            yield content.decode(encoding)


def _read_rows(lines: Sequence[str], separator: str, offset: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=separator)
    try:
        for row in reader:
            yield offset + reader.line_num, row
    except csv.Error as error:
        problem = _("line %(line)d: %(problem)s") % {"line": offset + reader.line_num, "problem": error}
        raise UnreadableStatement(problem) from error


def _read_row(
    number: int, row: Sequence[str], columns: Columns, default_currency: str, seen: Counter[str]
) -> StatementLine | BadLine:
    def cell(place: int) -> str:
        return row[place].strip() if 0 <= place < len(row) else ""

    currency = cell(columns.currency).upper() or default_currency
    if not _CURRENCY.fullmatch(currency):
        return BadLine(number, _("%(text)r is no currency") % {"text": currency[:20]})
    written = cell(columns.amount) or cell(columns.credit)
    try:
        # A line without an amount is one that only says what left, in a column of its own.
        amount = parse_amount(written, currency) if written else 0
    except ValueError as error:
        return BadLine(number, str(error))
    text = " ".join(filter(None, map(cell, columns.texts)))
    cells = tuple(value.strip() for value in row)
    return StatementLine(
        number, _name_line(cell(columns.id), cells, seen), cell(columns.date), amount, currency, text, cells
    )


def _name_line(bank_id: str, cells: Sequence[str], seen: Counter[str]) -> str:
    """Return the bank's name of a line, or one made of all it says.

    Lines that say the same are numbered in their order, so two equal transfers of a day stay two.
    """
    name = bank_id or hashlib.sha256("\x1f".join(cells).encode("utf-8", "replace")).hexdigest()
    seen[name] += 1
    return f"line:{name}" if seen[name] == 1 else f"line:{name}:{seen[name]}"


def parse_amount(text: str, currency: str) -> int:
    """Return an amount as banks write it, in minor units. Raises ValueError."""
    digits = get_currency_precision(currency)
    bare = _AROUND.sub("", _SPACES.sub("", text))
    is_negative = bare.startswith(("-", "−", "(")) or bare.endswith("-")
    bare = bare.strip("+-−()")
    # Three digits after a single separator are a fraction only of a currency that has so many.
    match = (digits == 3 and _PLAIN.fullmatch(bare)) or _GROUPED.fullmatch(bare) or _PLAIN.fullmatch(bare)
    if not match or not bare.isascii():
        raise ValueError(_("%(text)r is no amount") % {"text": text[:30]})
    whole, fraction = re.sub(r"[.,]", "", match["whole"]), match["fraction"] or ""
    minor = Decimal(f"{whole}.{fraction}").scaleb(digits)
    if minor != int(minor) or minor > _MAX_AMOUNT:
        problem = _("%(text)r is no amount of %(currency)s")
        raise ValueError(problem % {"text": text[:30], "currency": currency})
    return -int(minor) if is_negative else int(minor)
