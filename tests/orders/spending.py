"""Orders that cost and earn points, and what becomes of them."""

import uuid
from dataclasses import replace

from orders.models import OrderAdjustment
from orders.points.models import PointsEntry
from orders.selectors import get_points
from orders.services import cancel_order, earn_points, place_order
from orders.types import Adjustment
from payments.services import refund_order
from tests.builders import NOW, make_draft, make_payment_callback


def draft_with_points(item, customer_id, points, *, quantity=1, unit_price=1000, worth=1):
    """Return a draft of a customer who spends points, each worth so many minor units."""
    adjustment = Adjustment("points", f"{points} points", -points * worth, points)
    draft = make_draft((item, quantity), unit_price=unit_price)
    return replace(draft, customer_id=customer_id, adjustments=(adjustment,) if points else ())


def buy_with_points(item, customer_id, points, *, key=None, now=NOW, **options):
    """Place such an order."""
    return place_order(
        draft=draft_with_points(item, customer_id, points, **options),
        idempotency_scope="test",
        idempotency_key=key or uuid.uuid4().hex,
        now=now,
    )


def read_balance(customer_id):
    """Return what a customer has and owes."""
    points = get_points(customer_id=customer_id)
    return points.balance, points.owed


def list_entries(customer_id):
    """Return (kind, points, owed) of a customer's entries but those of staff, the oldest first."""
    entries = PointsEntry.objects.filter(customer_id=customer_id).exclude(kind="adjust").order_by("id")
    return list(entries.values_list("kind", "points", "owed"))


def count_adjustments():
    """Return how many orders were adjusted."""
    return OrderAdjustment.objects.count()


def cancel(order):
    """Cancel an order as its customer does."""
    return cancel_order(number=order.number, reason="customer", actor="test", now=NOW)


def refund(order):
    """Refund an order whole."""
    return refund_order(number=order.number, reason="wish", actor="test", now=NOW)


def pay(order):
    """Have the money for an order come; return the event's outcome."""
    return make_payment_callback(order).deliver().outcome


def buy_and_earn(item, customer_id, **options):
    """Return a paid order that has earned its points."""
    order = buy_with_points(item, customer_id, 0, **options).order
    pay(order)
    earn_points(order_id=order.id, now=NOW)
    return order
