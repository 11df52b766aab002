"""Reading an order log: CSV with the columns of the Online Retail data sets, one row for each invoice line.

Columns are found by name, in any order and case. Latin-1, UTF-8 and UTF-16 with a byte order mark; gzip is
recognised.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

from babel.numbers import get_currency_precision

from inventory.types import MAX_QUANTITY
from orders.replay.errors import UnreadableOrderLog
from orders.replay.types import Invoice, LoggedLine, OrderLog
from orders.types import MAX_AMOUNT, MAX_LINES

# Leaves room for the run's prefix in a SKU.
MAX_CODE_LENGTH = 80
MAX_INVOICE_LENGTH = 100
_NAME_LENGTH = 255
_CANCELLATION = "C"
_COLUMNS = {
    "invoice": ("invoiceno", "invoice"),
    "code": ("stockcode",),
    "name": ("description",),
    "quantity": ("quantity",),
    "price": ("unitprice", "price"),
}
_OPTIONAL = {"name"}
_EXPECTED = "InvoiceNo (or Invoice), StockCode, Quantity and UnitPrice (or Price)"


@dataclass(slots=True)
class _Tally:
    skipped_rows: int = 0
    rounded_prices: int = 0


class _UnusableRow(Exception):
    """This row is not a sale."""


def read_order_log(*, path: Path, currency: str) -> OrderLog:
    """Return the sales in a file, prices in minor units of `currency`, rounded half up.

    Raises UnreadableOrderLog.
    """
    text = _decode(_read_bytes(path))
    rows, columns = _open_table(text)
    digits = get_currency_precision(currency)
    tally = _Tally()
    cancelled: set[str] = set()
    lines: dict[str, list[LoggedLine]] = {}
    for cells in rows:
        number = cells[columns["invoice"]].strip() if cells else ""
        if number.upper().startswith(_CANCELLATION):
            cancelled.add(number)
            tally.skipped_rows += 1
            continue
        try:
            line = _parse_line(cells, columns, digits, tally)
        except _UnusableRow:
            tally.skipped_rows += 1
            continue
        lines.setdefault(number, []).append(line)
    invoices = tuple(_keep_orderable(lines, tally))
    if not invoices:
        raise UnreadableOrderLog(f"no usable rows: {tally.skipped_rows} were skipped, none is a sale")
    return OrderLog(invoices, tally.skipped_rows, len(cancelled), tally.rounded_prices)


def _read_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise UnreadableOrderLog(f"{path} is a directory")
    try:
        content = path.read_bytes()
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
    except FileNotFoundError:
        raise UnreadableOrderLog(f"{path} does not exist") from None
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableOrderLog(f"{path} cannot be read: {error}") from error
    if not content.strip():
        raise UnreadableOrderLog(f"{path} is empty")
    return content


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if content.startswith(b"PK\x03\x04") or b"\0" in content[:4096]:
        raise UnreadableOrderLog("not a CSV file (a spreadsheet must be saved as CSV first)")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _open_table(text: str) -> tuple[Iterator[list[str]], dict[str, int]]:
    """Find the delimiter that makes the header known; return the rows after it and where each column is."""
    missing: list[str] = []
    for delimiter in ",;\t":
        rows = _read_rows(text, delimiter)
        header = [name.strip().lower().replace(" ", "") for name in next(rows, [])]
        columns = {
            column: header.index(name)
            for column, names in _COLUMNS.items()
            for name in names
            if name in header
        }
        lacking = [
            names[0]
            for column, names in _COLUMNS.items()
            if column not in columns and column not in _OPTIONAL
        ]
        if not lacking:
            return _check_width(rows, len(header)), columns
        if not missing or len(lacking) < len(missing):
            missing = lacking
    raise UnreadableOrderLog(
        f"not an order log: columns {_EXPECTED} are needed; missing: {', '.join(missing)}"
    )


def _read_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            # A field beyond the csv module's limit: the reader goes on with the next line.
            yield []


def _check_width(rows: Iterator[list[str]], width: int) -> Iterator[list[str]]:
    """Pass whole rows, an empty list for a broken one, and nothing for a blank one."""
    for cells in rows:
        if cells and not any(cell.strip() for cell in cells):
            continue
        # A row cut off in the middle may look like a sale at another price.
        whole = len(cells) == width or (len(cells) > width and not any(cells[width:]))
        yield cells if whole else []


def _parse_line(cells: Sequence[str], columns: dict[str, int], digits: int, tally: _Tally) -> LoggedLine:
    if not cells:
        raise _UnusableRow
    code = cells[columns["code"]].strip()
    number = cells[columns["invoice"]].strip()
    quantity = _parse_decimal(cells[columns["quantity"]])
    price = _parse_decimal(cells[columns["price"]])
    if not code or len(code) > MAX_CODE_LENGTH or not number or len(number) > MAX_INVOICE_LENGTH:
        raise _UnusableRow
    if quantity != int(quantity) or not 0 < quantity <= MAX_QUANTITY or not 0 < price <= MAX_AMOUNT:
        raise _UnusableRow
    exact = price.scaleb(digits)
    amount = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if amount * int(quantity) > MAX_AMOUNT:
        raise _UnusableRow
    tally.rounded_prices += amount != exact
    name = cells[columns["name"]].replace("\0", "").strip() if "name" in columns else ""
    return LoggedLine(code, (name or code)[:_NAME_LENGTH], amount, int(quantity))


def _parse_decimal(text: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise _UnusableRow from None
    if not value.is_finite():
        raise _UnusableRow
    return value


def _keep_orderable(lines: dict[str, list[LoggedLine]], tally: _Tally) -> Iterator[Invoice]:
    """Drop invoices beyond what one order may hold; their rows count as skipped."""
    for number, wanted in lines.items():
        if len(wanted) > MAX_LINES or sum(line.unit_price * line.quantity for line in wanted) > MAX_AMOUNT:
            tally.skipped_rows += len(wanted)
            continue
        yield Invoice(number, tuple(wanted))
