"""CSV, read so that one broken row costs one row.

A quote that is never closed swallows what follows it. Such a row is given up and reading goes on with the
next physical line, so the rows after it are still found.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from shop.imports.sources import Source

MAX_LINE_LENGTH: Final = 1 << 20
# Field name -> the headers that may carry it, lower case.
Aliases = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class RawRow:
    """The cells of one row and the line it starts on; `problem` says why they cannot be used."""

    line: int
    cells: Sequence[str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which field is in which column, and what the file calls it."""

    header: tuple[str, ...]
    positions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One usable row, read by field."""

    line: int
    cells: Sequence[str]
    layout: Layout

    def get(self, field: str) -> str:
        """Return a field's text without surrounding space; empty if the file has no such column."""
        position = self.layout.positions.get(field)
        return "" if position is None else self.cells[position].strip()

    def column(self, field: str) -> str:
        """Return the header under which the file has this field."""
        position = self.layout.positions.get(field)
        return field if position is None else self.layout.header[position]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file whose first row is a header."""

    source: Source
    delimiter: str
    header: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """The header in lower case, with single spaces."""
        return [" ".join(name.lower().split()) for name in self.header]

    def locate(self, aliases: Aliases) -> Layout:
        """Find the fields' columns; of two columns with one name the first counts."""
        columns = self.columns
        found = {
            field: columns.index(name)
            for field, names in aliases.items()
            for name in reversed(names)
            if name in columns
        }
        return Layout(self.header, found)

    def read(self) -> Iterator[RawRow]:
        """Yield every row after the header that is not blank, those that cannot be used with a problem."""
        with self.source.open() as stream:
            rows = _read_records(stream, self.delimiter, width=len(self.header))
            next(row for row in rows if not _is_preamble(row))
            yield from rows


def list_tables(source: Source) -> Iterator[Table]:
    """Yield the file as a table for each delimiter it may have; the caller knows which header makes sense."""
    for delimiter in ",;\t":
        with source.open() as stream:
            rows = _read_records(stream, delimiter, width=None)
            header = next((row.cells for row in rows if not _is_preamble(row)), ())
        yield Table(source, delimiter, tuple(name.strip() for name in header))


def _is_preamble(row: RawRow) -> bool:
    """Say whether this is the line by which spreadsheets note their delimiter."""
    return "".join(row.cells).strip().lower().startswith("sep=")


class _LineTooLong(Exception):
    """A line beyond what any export has; its rest has been skipped."""


class _Lines:
    """Physical lines with their numbers, which can be handed back."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self.next_line = 1
        self.has_ended = False
        self.taken: list[str] = []
        self._stream, self._returned = stream, deque[str]()

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else self._read()
        if not line:
            self.has_ended = True
            raise StopIteration
        self.next_line += 1
        self.taken.append(line)
        return line

    def give_back_all_but_first(self) -> None:
        self._returned.extendleft(reversed(self.taken[1:]))
        self.next_line -= len(self.taken) - 1
        del self.taken[1:]
        self.has_ended = False

    def _read(self) -> str:
        line = self._stream.readline(MAX_LINE_LENGTH)
        if len(line) < MAX_LINE_LENGTH or line.endswith(("\n", "\r")):
            return line
        while (rest := self._stream.readline(MAX_LINE_LENGTH)) and not rest.endswith(("\n", "\r")):
            pass
        self.next_line += 1
        raise _LineTooLong


def _read_records(stream: io.TextIOWrapper, delimiter: str, *, width: int | None) -> Iterator[RawRow]:
    lines = _Lines(stream)
    reader = csv.reader(lines, delimiter=delimiter)
    given_up_until = 0
    while True:
        first, lines.taken = lines.next_line, []
        cells: list[str] = []
        try:
            cells = next(reader)
            problem = _find_problem(cells, lines, width)
        except StopIteration:
            return
        except csv.Error:
            problem = _("a field is longer than %(limit)d characters") % {"limit": csv.field_size_limit()}
        except _LineTooLong:
            problem = _("the line is longer than %(limit)d characters") % {"limit": MAX_LINE_LENGTH}
        if problem and len(lines.taken) > 1:
            # The row ran over several lines, perhaps only because of a quote: look for rows in those after
            # the first.
            given_up_until = max(given_up_until, lines.next_line - 1)
            lines.give_back_all_but_first()
        elif problem and first <= given_up_until:
            continue  # debris of a row that has been reported
        if problem or any(cell and not cell.isspace() for cell in cells):
            yield RawRow(first, cells if width is None else cells[:width], problem)


def _find_problem(cells: Sequence[str], lines: _Lines, width: int | None) -> str:
    # The reader asked for more lines than there are, so it was inside quotes.
    if lines.has_ended:
        return _("a quote is opened and never closed")
    if width is None or not any(cells):
        return ""
    if any("\0" in cell for cell in cells):
        return _("the row contains a NUL character")
    if len(cells) < width:
        return _("%(count)d columns instead of %(width)d") % {"count": len(cells), "width": width}
    if any(cells[width:]):
        return _("%(count)d columns instead of %(width)d") % {"count": len(cells), "width": width}
    return ""
