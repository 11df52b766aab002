"""The life of orders around the checkout: paid, cancelled, expired, and stock arriving.

It is the shop's own for every contender; what differs is how orders are placed.
"""

import datetime as dt
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Self

from django.db import connection
from django.utils import timezone

from inventory.errors import InventoryError, StockBusy
from inventory.services import receive
from inventory.transactions import run_in_transaction
from orders.benchmark.sellers import Outcome, Seller
from orders.benchmark.tally import Tally
from orders.errors import OrderError
from orders.numbers import number_for
from orders.services import cancel_order, mark_paid, sweep_expired_orders
from orders.states import CancelReason

_SWEEP_EVERY_SECONDS: Final = 0.5
_RESTOCK_EVERY_SECONDS: Final = 2.0
_UNITS_ARRIVING: Final = 1_000
_SHARE_PLACED, _SHARE_PAID = 0.7, 0.2


class Life:
    """What one client does with the orders it has placed."""

    def __init__(self, seller: Seller, tally: Tally, dice: random.Random) -> None:
        self._seller, self._tally, self._dice = seller, tally, dice
        self._unpaid: list[int] = []

    def live(self, place: Callable[[], Outcome]) -> Outcome | None:
        """Place an order, or pay or cancel one placed before. None unless it was about placing."""
        draw = self._dice.random()
        if draw < _SHARE_PLACED or not self._unpaid:
            outcome = place()
            if outcome is Outcome.PLACED:
                self._unpaid.append(self._seller.placed_id)
            return outcome
        order_id = self._unpaid.pop(self._dice.randrange(len(self._unpaid)))
        pays = draw < _SHARE_PLACED + _SHARE_PAID
        try:
            (self._pay if pays else self._cancel)(order_id)
        except OrderError:
            # It expired; the sweep was faster.
            self._tally.counts["too_late"] += 1
        except InventoryError:
            # Busy; or the control's books are so wrong that nothing can be given back.
            self._tally.counts["not_done"] += 1
        return None

    def _pay(self, order_id: int) -> None:
        run_in_transaction(lambda: mark_paid(order_id=order_id, now=timezone.now()))
        self._tally.paid_in_all += 1
        self._tally.counts["paid"] += 1

    def _cancel(self, order_id: int) -> None:
        cancel_order(
            number=number_for(order_id), reason=CancelReason.CUSTOMER, actor="benchmark", now=timezone.now()
        )
        self._tally.counts["cancelled"] += 1


class Housekeeper:
    """Sweeps overdue orders and receives stock, in a thread of its own, for the time of the block.

    Does nothing for no `skus`.
    """

    def __init__(self, skus: Sequence[str]) -> None:
        self.counts: Counter[str] = Counter()
        self.cpu_seconds = 0.0
        self.error: Exception | None = None
        self._skus = skus
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        if self._skus:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._skus:
            self._thread.join()

    def _run(self) -> None:
        try:
            next_restock = time.monotonic() + _RESTOCK_EVERY_SECONDS
            while not self._over.wait(_SWEEP_EVERY_SECONDS):
                self._sweep()
                if time.monotonic() >= next_restock:
                    next_restock += _RESTOCK_EVERY_SECONDS
                    self._restock()
        except Exception as error:  # handed to the thread that joins this one
            self.error = error
        finally:
            self.cpu_seconds = time.thread_time()
            connection.close()

    def _sweep(self) -> None:
        try:
            self.counts["expired"] += sweep_expired_orders(now=timezone.now()).cancelled
        except StockBusy:
            # The next sweep is soon.
            self.counts["sweeps_busy"] += 1

    def _restock(self) -> None:
        for sku in self._skus:
            receive(sku=sku, quantity=_UNITS_ARRIVING, actor="benchmark", reason="", now=timezone.now())
            self.counts["units_received"] += _UNITS_ARRIVING


def end_life(payment_window: dt.timedelta) -> None:
    """Expire whatever is still unpaid, so that the next run's sweeps find nothing of this one's."""
    sweep_expired_orders(now=timezone.now() + payment_window)
