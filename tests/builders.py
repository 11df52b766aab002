"""Plain functions that make things, with defaults; what a test cares about is written in the test."""

import datetime as dt
import itertools
import json
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from standardwebhooks import Webhook

from inventory.services import create_stock_item
from inventory.types import StockLevel
from orders.services import adjust_points, lock_state, place_order, plan_revival, revive_cancelled
from orders.types import LineDraft, OrderDraft, OrderView, PlacedOrder
from payments.gateways.sandbox.provider import signer
from payments.services import receive_event, start_payment
from payments.types import EventReceipt

NOW = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
_numbers = itertools.count(1)


def make_stock_item(*, on_hand: int = 5, sku: str | None = None, strategy: str = "conditional") -> StockLevel:
    """Return a new stock item with `on_hand` units, all available."""
    sku = sku or f"SKU-{next(_numbers)}-{uuid.uuid4().hex[:6]}"
    return create_stock_item(sku=sku, on_hand=on_hand, locking_strategy=strategy, actor="test", now=NOW)


def make_customer(*, points: int = 0) -> int:
    """Return the id of a new customer who was given so many points."""
    name = f"customer-{next(_numbers)}-{uuid.uuid4().hex[:6]}"
    customer = get_user_model().objects.create_user(username=name, email=f"{name}@example.com")
    if points:
        adjust_points(
            customer_id=customer.pk, points=points, reference=f"test:{name}", reason="", actor="test", now=NOW
        )
    return int(customer.pk)


def make_draft(
    *wanted: tuple[StockLevel, int], unit_price: int = 1000, due_at: dt.datetime | None = None
) -> OrderDraft:
    """Return a draft for (stock item, quantity) pairs, a line each."""
    return OrderDraft(
        email="buyer@example.com",
        currency="USD",
        lines=tuple(
            LineDraft(
                stock_item_id=item.id, sku=item.sku, name=item.sku, unit_price=unit_price, quantity=quantity
            )
            for item, quantity in wanted
        ),
        payment_due_at=due_at or NOW + dt.timedelta(minutes=15),
    )


def revive(order: OrderView) -> None:
    """Take a cancelled order's units again, as late money does."""
    with transaction.atomic():
        revive_cancelled(plan_revival(order=lock_state(order_id=order.id)), now=NOW)


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


@dataclass(frozen=True)
class Callback:
    """A signed callback of the sandbox provider, ready to be delivered any number of times."""

    headers: dict[str, str]
    body: bytes

    def deliver(self, *, now: dt.datetime = NOW) -> EventReceipt:
        """Hand the callback to the inbox."""
        return receive_event(gateway="sandbox", headers=self.headers, body=self.body, now=now)


def make_callback(
    reference: str,
    *,
    amount: int,
    currency: str = "USD",
    kind: str = "charge.succeeded",
    event_id: str | None = None,
    signed_at: dt.datetime | None = None,
    webhook: Webhook | None = None,
) -> Callback:
    """Return a callback as the sandbox provider would sign it now.

    Every call is another event unless `event_id` says otherwise.
    """
    body = json.dumps({"type": kind, "reference": reference, "amount": amount, "currency": currency})
    event_id = event_id or f"evt_{uuid.uuid4().hex}"
    # The real clock, because the signature's age is checked against it.
    signed_at = signed_at or dt.datetime.now(tz=dt.UTC)
    signature = (webhook or signer(settings.SANDBOX_SECRET)).sign(event_id, signed_at, body)
    headers = {
        "Webhook-Id": event_id,
        "Webhook-Timestamp": str(int(signed_at.timestamp())),
        "Webhook-Signature": signature,
    }
    return Callback(headers, body.encode())


def open_payment(order: OrderView, *, now: dt.datetime = NOW) -> str:
    """Start a sandbox payment for an order and return the gateway's reference."""
    payment = start_payment(
        number=order.number,
        gateway="sandbox",
        return_url="http://testserver/back",
        callback_url="http://testserver/callback",
        now=now,
    )
    return payment.redirect_url.rstrip("/").rsplit("/", 1)[-1]


def make_payment_callback(order: OrderView, *, now: dt.datetime = NOW) -> Callback:
    """Start a sandbox payment for an order and return the callback that says it was paid in full."""
    return make_callback(open_payment(order, now=now), amount=order.total_amount, currency=order.currency)
