"""Who sells. A seller places one order after another for one client, over that client's own connection."""

import datetime as dt
import enum
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Final, Protocol

from django.db import connection
from django.utils import timezone

from inventory.errors import OutOfStock, StockBusy
from inventory.types import StockLevel
from orders.benchmark.workloads import Basket
from orders.services import place_order
from orders.types import LineDraft, OrderDraft

PRICE: Final = 1_000
EMAIL: Final = "buyer@example.com"
PAYMENT_WINDOW: Final = dt.timedelta(minutes=15)


class Outcome(enum.Enum):
    """How an attempt to buy ended."""

    PLACED = "placed"
    REFUSED = "refused"
    BUSY = "busy"


class Seller(Protocol):
    """Places orders for one client; used by one thread."""

    counts: Counter[str]

    def place(self, basket: Basket) -> Outcome:
        """Place one order, or say why not."""

    def close(self) -> None:
        """Give the connection back."""


class ShopSeller:
    """The shop: `place_order`, as web and API call it. The strategy is the one the stock items name."""

    def __init__(self, items: Sequence[StockLevel], scope: str) -> None:
        self._items, self._scope = items, scope
        # The shop counts contention itself, for the whole process.
        self.counts: Counter[str] = Counter()

    def place(self, basket: Basket) -> Outcome:
        """See Seller."""
        now = timezone.now()
        lines = tuple(
            LineDraft(self._items[index].id, self._items[index].sku, self._items[index].sku, PRICE, quantity)
            for index, quantity in basket
        )
        draft = OrderDraft(EMAIL, "USD", lines, now + PAYMENT_WINDOW)
        try:
            place_order(draft=draft, idempotency_scope=self._scope, idempotency_key=uuid.uuid4().hex, now=now)
        except OutOfStock:
            return Outcome.REFUSED
        except StockBusy:
            return Outcome.BUSY
        return Outcome.PLACED

    def close(self) -> None:
        """See Seller."""
        connection.close()
