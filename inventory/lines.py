"""A bounded line for each stock item that many want at once.

More transactions on one row do not sell faster: the database lets them through one by one, and each that
waits there holds a connection, a transaction and its place in the lock's queue. So a process lets a few
placements of an item work at once; the next wait here, holding nothing of the database, in the order of their
arrival and not for long; whoever comes to a full line is told so at once.

After Vitess's hot row protection. The limits are settings and hold for each item in each process:
`STOCK_LINE_AT_WORK`, `STOCK_LINE_WAITING` and `STOCK_LINE_SECONDS`.
"""

import threading
import time
from collections.abc import Collection, Sequence
from types import TracebackType

from django.conf import settings

from inventory.contention import count
from inventory.errors import OutOfStock, StockBusy

# One for all lines: it is never held for longer than a few look-ups.
_lock = threading.Lock()


class _Line:
    """Who places an order for one stock item, and who waits to. Exists only while there is somebody."""

    __slots__ = ("at_work", "is_short", "most", "waiting")

    def __init__(self) -> None:
        self.at_work: set[InLine] = set()
        # How many may be at work, as the latest to come was told.
        self.most = 1
        # In the order of arrival; a dictionary, because anybody may leave from the middle.
        self.waiting: dict[InLine, threading.Lock] = {}
        # Somebody ahead was refused: those behind had better look before they begin a transaction.
        self.is_short = False


_lines: dict[int, _Line] = {}


class InLine:
    """Stands in the lines of all items of an order: `with InLine(ids) as may_be_gone:`.

    Ids must be in order, as rows are locked: two baskets then wait for each other in one place only. Raises
    StockBusy if a line is full, or if the turn does not come in time; then nothing was changed. Whoever was
    let into a batch and comes back from it is not turned away for a full line (`is_expected`). Of the items
    in `one_by_one`, one order is at work and no more.
    """

    __slots__ = ("_give_up_at", "_ids", "_is_expected", "_one_by_one")

    def __init__(
        self, stock_item_ids: Sequence[int], *, one_by_one: Collection[int] = (), is_expected: bool = False
    ) -> None:
        self._ids = stock_item_ids
        self._one_by_one = one_by_one
        self._is_expected = is_expected
        self._give_up_at = 0.0

    def __enter__(self) -> bool:
        """Return once it is this order's turn everywhere, and whether others were refused while it waited."""
        may_be_gone = False
        try:
            for stock_item_id in self._ids:
                if turn := self._join(stock_item_id):
                    self._wait(stock_item_id, turn)
                    may_be_gone |= _lines[stock_item_id].is_short
        except BaseException:
            # Also when this thread is being stopped: a place nobody leaves would be lost for good.
            self._leave()
            raise
        return may_be_gone

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave all lines, whatever happened, and let the next in."""
        self._leave(is_refused=kind is not None and issubclass(kind, OutOfStock))

    def _join(self, stock_item_id: int) -> "threading.Lock | None":
        """Take a place at work, or else one in the line; return a lock that opens when it is this turn."""
        with _lock:
            line = _lines.get(stock_item_id)
            if line is None:
                line = _lines[stock_item_id] = _Line()
            line.most = 1 if stock_item_id in self._one_by_one else settings.STOCK_LINE_AT_WORK
            if len(line.at_work) < line.most:
                line.at_work.add(self)
                return None
            if len(line.waiting) < settings.STOCK_LINE_WAITING or self._is_expected:
                # A bare lock, because an Event has the thread that is called up switch several times.
                turn = line.waiting[self] = threading.Lock()
                turn.acquire()
                return turn
        count("line_full")
        raise StockBusy("the line for a stock item is full")

    def _wait(self, stock_item_id: int, turn: threading.Lock) -> None:
        count("line_waited")
        now = time.monotonic()
        # One deadline for the whole basket, from its first wait on.
        self._give_up_at = self._give_up_at or now + settings.STOCK_LINE_SECONDS
        if turn.acquire(timeout=max(0.0, self._give_up_at - now)):
            return
        with _lock:
            # Called up in the very last moment counts.
            if self in _lines[stock_item_id].at_work:
                return
        count("line_too_slow")
        raise StockBusy("the line for a stock item moves too slowly")

    def _leave(self, *, is_refused: bool = False) -> None:
        with _lock:
            for stock_item_id in self._ids:
                if line := _lines.get(stock_item_id):
                    line.at_work.discard(self)
                    line.waiting.pop(self, None)
                    line.is_short |= is_refused
                    _call_next(line)
                    if not line.at_work:
                        del _lines[stock_item_id]


def count_in_line(stock_item_id: int) -> tuple[int, int]:
    """Return how many placements of an item are at work in this process, and how many wait."""
    with _lock:
        line = _lines.get(stock_item_id)
        return (len(line.at_work), len(line.waiting)) if line else (0, 0)


def _call_next(line: _Line) -> None:
    while line.waiting and len(line.at_work) < line.most:
        buyer = next(iter(line.waiting))
        # In this order, so that a thread stopped between two lines loses nobody: leaving clears both.
        line.at_work.add(buyer)
        line.waiting.pop(buyer).release()
