"""Pages of what only grows: each goes on from the last row of the one before, however much there is."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

_MAX_DIGITS: Final = 19
_MAX_ID: Final = 2**63 - 1


def read_before_id(query: Mapping[str, Any]) -> int | None:
    """Return before which row a page begins; what is no number is the first page."""
    text = str(query.get("before", ""))
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        return None
    return min(int(text), _MAX_ID)


def split_page(rows: Sequence[Any], *, size: int) -> tuple[Sequence[Any], int | None]:
    """Return a page of rows, of which one more was read, and where the next begins, if there is one."""
    page = rows[:size]
    return page, page[-1].id if len(rows) > size else None
