"""Opening a file that somebody exported somewhere: which encoding, packed or not, text at all?"""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from django.utils.translation import gettext as _

from shop.imports.errors import UnreadableFile

_CHUNK: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_NOT_TEXT: Final = (
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"SQLite format 3",
)
_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Source:
    """A text file that can be read from the start as often as needed."""

    path: Path
    encoding: str
    is_packed: bool

    @property
    def is_guessed(self) -> bool:
        """Whether the encoding is a fallback, because the bytes are not UTF-8."""
        return self.encoding in ("cp1252", "latin-1")

    @contextmanager
    def open(self) -> Iterator[io.TextIOWrapper]:
        """Open the text with its line ends as they are."""
        with _open_binary(self.path, is_packed=self.is_packed) as stream:
            yield io.TextIOWrapper(stream, encoding=self.encoding, newline="")


def count_lines(source: Source) -> int:
    """Return how many lines a file has, at least one. Reads all of it, in constant memory."""
    with _open_binary(source.path, is_packed=source.is_packed) as stream:
        return max(sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(_CHUNK), b"")), 1)


def inspect_source(path: Path) -> Source:
    """Find out how to read a file. Reads all of it once, in constant memory. Raises UnreadableFile."""
    if path.is_dir():
        raise UnreadableFile(_("%(path)s is a directory.") % {"path": path})
    if not path.exists():
        raise UnreadableFile(_("%(path)s does not exist.") % {"path": path})
    if not path.is_file():
        # A pipe can be read only once, and a device may never end.
        raise UnreadableFile(_("%(path)s is not a regular file.") % {"path": path})
    try:
        with path.open("rb") as stream:
            is_packed = stream.read(2) == _GZIP
        encoding = _find_encoding(path, is_packed=is_packed)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFile(
            _("%(path)s cannot be read: %(error)s") % {"path": path, "error": error}
        ) from error
    return Source(path, encoding, is_packed)


def _find_encoding(path: Path, *, is_packed: bool) -> str:
    with _open_binary(path, is_packed=is_packed) as stream:
        head = stream.read(4096)
    if not head.strip(b" \t\r\n\0"):
        raise UnreadableFile(_("%(path)s is empty.") % {"path": path})
    if head.startswith(_UTF16_MARKS):
        if _decodes(path, "utf-16", is_packed=is_packed):
            return "utf-16"
        raise UnreadableFile(_("%(path)s is not valid UTF-16.") % {"path": path})
    if head.startswith(_NOT_TEXT) or b"\0" in head.splitlines()[0]:
        raise UnreadableFile(
            _("%(path)s is not a CSV file. A spreadsheet must be saved as CSV first.") % {"path": path}
        )
    for encoding in ("utf-8-sig", "cp1252"):
        if _decodes(path, encoding, is_packed=is_packed):
            return encoding
    return "latin-1"


def _decodes(path: Path, encoding: str, *, is_packed: bool) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with _open_binary(path, is_packed=is_packed) as stream:
        try:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


@contextmanager
def _open_binary(path: Path, *, is_packed: bool) -> Iterator[IO[bytes]]:
    with gzip.open(path, "rb") if is_packed else path.open("rb") as stream:
        yield stream  # type: ignore[misc]
