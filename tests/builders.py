"""Plain functions that make things, with defaults; every argument a test cares about is written in the test."""

import datetime as dt
import itertools
import uuid

from inventory.services import create_stock_item
from inventory.types import StockLevel
from orders.services import place_order
from orders.types import LineDraft, OrderDraft, PlacedOrder

NOW = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
_numbers = itertools.count(1)


def make_stock_item(*, on_hand: int = 5, sku: str | None = None, strategy: str = "conditional") -> StockLevel:
    """Return a new stock item with `on_hand` units, all available."""
    sku = sku or f"SKU-{next(_numbers)}-{uuid.uuid4().hex[:6]}"
    return create_stock_item(sku=sku, on_hand=on_hand, locking_strategy=strategy, actor="test", now=NOW)


def make_draft(
    *wanted: tuple[StockLevel, int], unit_price: int = 1000, due_at: dt.datetime | None = None
) -> OrderDraft:
    """Return a draft for (stock item, quantity) pairs, a line each."""
    return OrderDraft(
        email="buyer@example.com",
        currency="USD",
        lines=tuple(
            LineDraft(stock_item_id=item.id, sku=item.sku, name=item.sku, unit_price=unit_price, quantity=quantity)
            for item, quantity in wanted
        ),
        payment_due_at=due_at or NOW + dt.timedelta(minutes=15),
    )


def buy(
    *wanted: tuple[StockLevel, int],
    key: str | None = None,
    now: dt.datetime = NOW,
    due_at: dt.datetime | None = None,
    unit_price: int = 1000,
) -> PlacedOrder:
    """Place an order for (stock item, quantity) pairs."""
    return place_order(
        draft=make_draft(*wanted, unit_price=unit_price, due_at=due_at),
        idempotency_scope="test",
        idempotency_key=key or uuid.uuid4().hex,
        now=now,
    )
