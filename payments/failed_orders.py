"""Sending the money of an order back because a step after its payment failed for good."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone

from orders import selectors as orders
from orders.errors import InvalidTransition
from payments.order_refunds import refund_order

_ACTOR: Final = "steps"


def refund_failed_order(key: str, payload: Mapping[str, Any]) -> None:
    """Refund an order; its units return to stock. An outbox handler; refunded already, it stays as it is."""
    order = orders.get_orders_by_id(ids=[payload["order_id"]])[payload["order_id"]]
    try:
        refund_order(number=order.number, reason=payload["reason"], actor=_ACTOR, now=timezone.now())
    except InvalidTransition:
        # Staff were faster. Nothing else can have moved it: a paid order is never cancelled.
        return
