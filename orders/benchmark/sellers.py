"""Who sells. A seller places one order after another for one client, over that client's own connection."""

import enum
import uuid
from collections import Counter
from typing import Final, Protocol

from django.db import connection
from django.utils import timezone

from inventory.errors import OutOfStock, StockBusy
from orders.benchmark.jobs import Job
from orders.benchmark.workloads import Basket
from orders.services import place_order
from orders.types import LineDraft, OrderDraft

PRICE: Final = 1_000
EMAIL: Final = "buyer@example.com"
# One for all, as the API's guests share one: their keys are spread over the whole of the unique index.
SCOPE: Final = "benchmark"


class Outcome(enum.Enum):
    """How an attempt to buy ended."""

    PLACED = "placed"
    REFUSED = "refused"
    BUSY = "busy"


class Seller(Protocol):
    """Places orders for one client; used by one thread."""

    counts: Counter[str]
    # Seconds after which a busy shop asks to be asked again.
    retry_after: float
    # The id of the order placed last.
    placed_id: int

    def place(self, basket: Basket) -> Outcome:
        """Place one order, or say why not."""

    def close(self) -> None:
        """Give the connection back."""


class ShopSeller:
    """The shop: `place_order`, as web and API call it. The strategy is the one the stock items name."""

    # What the web and the API say when the shop is busy.
    retry_after = 2.0

    def __init__(self, job: Job) -> None:
        self._items, self._payment_window = job.items, job.workload.payment_window
        # The shop counts contention itself, for the whole process.
        self.counts: Counter[str] = Counter()
        self.placed_id = 0

    def place(self, basket: Basket) -> Outcome:
        """See Seller."""
        now = timezone.now()
        lines = tuple(
            LineDraft(self._items[index].id, self._items[index].sku, self._items[index].sku, PRICE, quantity)
            for index, quantity in basket
        )
        draft = OrderDraft(EMAIL, "USD", lines, now + self._payment_window)
        try:
            placed = place_order(
                draft=draft, idempotency_scope=SCOPE, idempotency_key=uuid.uuid4().hex, now=now
            )
        except OutOfStock:
            return Outcome.REFUSED
        except StockBusy:
            return Outcome.BUSY
        self.placed_id = placed.order.id
        return Outcome.PLACED

    def close(self) -> None:
        """See Seller."""
        connection.close()
