"""Switching locking strategies while orders are in flight."""

import threading
from collections.abc import Sequence
from itertools import cycle
from types import TracebackType
from typing import Final, Self

from django.db import connection

from inventory.errors import StockBusy
from inventory.services import set_locking_strategy

_PAUSE_SECONDS: Final = 0.02
_ITEMS_AT_A_TIME: Final = 5


class StrategySwitcher:
    """A context in which a thread keeps switching these stock items from one strategy to the next."""

    def __init__(self, *, stock_item_ids: Sequence[int], strategies: Sequence[str]) -> None:
        """Take the stock items to switch, the most wanted of them for most effect."""
        self.switches = 0
        self._ids, self._strategies = stock_item_ids, strategies
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        """Start switching."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop switching; no switch is under way afterwards."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        ids, names = cycle(self._ids), cycle(self._strategies)
        try:
            while not self._stopped.wait(_PAUSE_SECONDS):
                chosen = {next(ids) for _ in range(_ITEMS_AT_A_TIME)}
                try:
                    set_locking_strategy(stock_item_ids=chosen, name=next(names))
                    self.switches += 1
                except StockBusy:
                    continue
        finally:
            connection.close()
