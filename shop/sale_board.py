"""The current flash sales as this process last read them, about a second ago.

When a sale opens, everybody looks at the same few rows at once. Pages ask here: however many come, a process
reads the database once a second. What is bought is decided by the database alone, never by what is shown.
"""

import datetime as dt
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from inventory.types import Shortfall
from shop.sale_selectors import list_current_sales
from shop.types import FlashSaleView

_FRESH_SECONDS: Final = 1.0
# How early a sale is announced, and how long people are told that one is over.
_ANNOUNCED: Final = dt.timedelta(days=7)
_REMEMBERED: Final = dt.timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class SaleBoard:
    """The sales that pages may show. `read_at` is a reading of the monotonic clock, in seconds."""

    sales: tuple[FlashSaleView, ...]
    read_at: float

    def list_for_product(self, *, product_id: int, now: dt.datetime) -> Sequence[FlashSaleView]:
        """Return the product's open sales, or else the next one, or else the one that ended last."""
        sales = [sale for sale in self.sales if sale.product_id == product_id]
        if open_ones := [sale for sale in sales if sale.is_open(now)]:
            return open_ones
        if coming := [sale for sale in sales if sale.is_upcoming(now)]:
            return [min(coming, key=lambda sale: sale.starts_at)]
        return sales[-1:]

    def list_open_products(self, *, now: dt.datetime) -> Collection[int]:
        """Return the ids of the products with an open sale."""
        return {sale.product_id for sale in self.sales if sale.is_open(now)}

    @property
    def is_fresh(self) -> bool:
        """Whether it is young enough to be shown without asking again."""
        return time.monotonic() - self.read_at < _FRESH_SECONDS


_NOTHING_READ: Final = SaleBoard((), float("-inf"))
_board = _NOTHING_READ
_reading = threading.Lock()


def read_board(*, now: dt.datetime) -> SaleBoard:
    """Return the current sales, read at most about a second ago."""
    known = _board
    if known.is_fresh:
        return known
    # One reader is enough. Whoever has something to show meanwhile shows it, and only the first visitors of
    # a process wait.
    if not _reading.acquire(blocking=known is _NOTHING_READ):
        return known
    try:
        return _board if _board.is_fresh else _read(now)
    finally:
        _reading.release()


def note_shortfalls(shortfalls: Sequence[Shortfall]) -> None:
    """Show from now on no more of a SKU than an order was just refused for."""
    left = {short.sku: short.available for short in shortfalls}
    if any(sale.sku in left for sale in _board.sales):
        lowered = (
            replace(sale, remaining=min(sale.remaining, left.get(sale.sku, sale.remaining)))
            for sale in _board.sales
        )
        _set(replace(_board, sales=tuple(lowered)))


def forget_board() -> None:
    """Read anew at the next look: staff who change a sale see it at once."""
    _set(_NOTHING_READ)


def _read(now: dt.datetime) -> SaleBoard:
    # The clock before the query: what is read is at least that young.
    started = time.monotonic()
    sales = list_current_sales(starts_before=now + _ANNOUNCED, ended_after=now - _REMEMBERED)
    return _set(SaleBoard(tuple(sales), started))


def _set(board: SaleBoard) -> SaleBoard:
    global _board  # noqa: PLW0603 - one for each process is the point
    _board = board
    return board
