"""What becomes of orders, told by outbox: written with its cause, and only if somebody is connected to it."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, Final

from inventory.sql import Statement, execute_together
from inventory.transactions import require_transaction
from orders import outbox, subscribers
from orders.types import OrderView

PLACED: Final = "order.placed"
PAID: Final = "order.paid"
CANCELLED: Final = "order.cancelled"
FULFILLED: Final = "order.fulfilled"
REFUNDED: Final = "order.refunded"


def announce(topic: str, *, order_ids: Collection[int], now: dt.datetime) -> None:
    """Tell what became of these orders; each happens once in the life of an order. Needs a transaction."""
    require_transaction()
    if statements := prepare_announcement(topic, order_ids=order_ids, now=now):
        execute_together(statements)


def prepare_announcement(topic: str, *, order_ids: Collection[int], now: dt.datetime) -> list[Statement]:
    """Return what tells what became of these orders: one statement, or none if nobody is connected."""
    if not subscribers.list_subscribers(topic):
        return []
    return outbox.prepare([outbox.Message(topic, *_describe(topic, id_), now) for id_ in order_ids])


def announce_part(*, order_id: int, refund_id: int, amount: int, now: dt.datetime) -> None:
    """Tell that part of an order is refunded, in minor units. Needs a transaction."""
    if subscribers.list_subscribers(REFUNDED):
        payload = {"order_id": order_id, "refund_id": refund_id, "amount": amount}
        outbox.enqueue(topic=REFUNDED, payloads={f"{REFUNDED}:{order_id}:{refund_id}": payload}, now=now)


def prepare_for_new(orders: Sequence[OrderView]) -> list[Statement]:
    """Return what tells of new orders, and of those that are paid because they are free.

    One statement whatever their number; none, and no cost, if nobody is connected.
    """
    messages = [
        outbox.Message(topic, *_describe(topic, order.id), order.placed_at)
        for topic, is_wanted in ((PLACED, True), (PAID, False))
        if subscribers.list_subscribers(topic)
        for order in orders
        if is_wanted or order.paid_at is not None
    ]
    return outbox.prepare(messages)


def _describe(topic: str, order_id: int) -> tuple[str, dict[str, Any]]:
    """Return the key and the payload of a message."""
    return f"{topic}:{order_id}", {"order_id": order_id}
