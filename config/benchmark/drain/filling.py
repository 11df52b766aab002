"""Rows of the past in the inbox and the outbox, and paid orders whose events wait to be applied."""

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Final

from inventory.ids import new_ids
from inventory.services import create_stock_item
from orders.models import OutboxMessage
from orders.services import place_order
from orders.types import LineDraft, OrderDraft, OrderView
from payments.models import EventOutcome, GatewayEvent, Payment, PaymentStatus

GATEWAY: Final = "sandbox"
_AT_ONCE: Final = 2_000
_PRICE: Final = 1_250


def fill_past(*, rows: int, now: dt.datetime, report_progress: Callable[[str], None]) -> None:
    """Write so many settled events, and as many delivered messages."""
    for first in range(0, rows, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, rows))
        GatewayEvent.objects.bulk_create(_old_event(number, now) for number in numbers)
        ids = new_ids(len(numbers))
        OutboxMessage.objects.bulk_create(
            _old_message(id_, number, now) for id_, number in zip(ids, numbers, strict=True)
        )
        if first % (10 * _AT_ONCE) == 0:
            report_progress(f"{first} of {rows} rows of the past written")


def _old_event(number: int, now: dt.datetime) -> GatewayEvent:
    received_at = now - dt.timedelta(days=1, seconds=number)
    return GatewayEvent(
        gateway=GATEWAY,
        event_id=f"evt_{uuid.uuid4().hex}",
        kind="payment.succeeded",
        reference=f"past_{number}",
        amount=_PRICE,
        currency="USD",
        body=_tell(f"past_{number}"),
        received_at=received_at,
        outcome=EventOutcome.APPLIED,
        settled_at=received_at,
        attempts=1,
        apply_after=received_at,
    )


def _old_message(id_: int, number: int, now: dt.datetime) -> OutboxMessage:
    created_at = now - dt.timedelta(days=1, seconds=number)
    return OutboxMessage(
        id=id_,
        topic="order.cancelled",
        key=f"past:{number}",
        payload={"order_id": number},
        created_at=created_at,
        deliver_after=created_at,
        delivered_at=created_at,
        attempts=1,
        is_waiting=False,
    )


def fill_waiting(*, events: int, now: dt.datetime) -> None:
    """Place so many orders, each with a payment of which an event waits that it succeeded."""
    orders = list(_place(events, now=now))
    Payment.objects.bulk_create(
        Payment(
            id=id_,
            order_id=order.id,
            gateway=GATEWAY,
            reference=_name(order),
            status=PaymentStatus.STARTED,
            amount=order.total_amount,
            currency=order.currency,
            created_at=now,
        )
        for id_, order in zip(new_ids(len(orders)), orders, strict=True)
    )
    GatewayEvent.objects.bulk_create(
        GatewayEvent(
            gateway=GATEWAY,
            event_id=f"evt_{uuid.uuid4().hex}",
            body=_tell(_name(order)),
            received_at=now,
            apply_after=now,
        )
        for order in orders
    )


def _place(orders: int, *, now: dt.datetime) -> Iterator[OrderView]:
    item = create_stock_item(sku="DRAINED", on_hand=orders, actor="benchmark", now=now)
    draft = OrderDraft(
        email="buyer@example.com",
        currency="USD",
        lines=(LineDraft(item.id, item.sku, item.sku, _PRICE, 1),),
        payment_due_at=now + dt.timedelta(hours=1),
    )
    for number in range(orders):
        yield place_order(
            draft=draft, idempotency_scope="benchmark", idempotency_key=str(number), now=now
        ).order


def _name(order: OrderView) -> str:
    return f"sbx_{order.number}"


def _tell(reference: str) -> str:
    """Return what the sandbox provider writes when money came."""
    return json.dumps(
        {"type": "charge.succeeded", "reference": reference, "amount": _PRICE, "currency": "USD"}
    )
