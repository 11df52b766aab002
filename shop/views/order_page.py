"""What an order's own pages show: how its money stands, and what may still change."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone

from orders.selectors import get_order_points, get_tracking
from orders.states import CancelReason, OrderStatus
from orders.types import OrderView
from payments.selectors import list_gateways, list_payments, list_refunds
from payments.types import PaymentView, RefundView
from shop.forms import PayForm

_POLL_SECONDS = 3
# Where parcels and refunds are waited for, not somebody's own payment.
_PATIENT_POLL_SECONDS = 30


def describe_order(order: OrderView, token: str) -> dict[str, Any]:
    """Return what the page of an order and the part of it that changes show."""
    now = timezone.now()
    seconds_left = int((order.payment_due_at - now).total_seconds())
    payments = list_payments(order_id=order.id)
    refunds = list_refunds(order_ids=[order.id])[order.id] if payments else []
    payment = payments[-1] if payments else None
    is_overdue = seconds_left <= 0
    late_money = _find_late_money(order, payments, refunds) if order.status == OrderStatus.CANCELLED else ""
    tracking = get_tracking(order_id=order.id) if order.paid_at else None
    return {
        "order": order,
        "token": token,
        "now": now,
        "seconds_left": max(seconds_left, 0),
        "is_overdue": is_overdue,
        "is_live": _needs_watching(order, refunds, late_money),
        "payment": payment,
        "refunds": refunds,
        "money_back": _follow_refunds(refunds),
        "late_money": late_money,
        "tracking": tracking,
        "order_points": get_order_points(order_id=order.id) if order.customer_id is not None else None,
        "state": _name_state(order, payment, refunds, over=is_overdue, booked=tracking is not None),
        "poll_seconds": _POLL_SECONDS if order.status == OrderStatus.PENDING else _PATIENT_POLL_SECONDS,
    }


def _find_late_money(order: OrderView, payments: Sequence[PaymentView], refunds: Sequence[RefundView]) -> str:
    """Return what has become of money that came, or may still come, for an order that is cancelled."""
    statuses = {payment.status for payment in payments}
    if refunds:
        return _follow_refunds(refunds)
    if statuses & {"succeeded", "review"}:
        return "checked"
    if "processing" not in statuses:
        return ""
    is_wanted = order.cancel_reason == CancelReason.EXPIRED and settings.LATE_PAYMENT == "reserve"
    return "may take the order up" if is_wanted else "will go back"


def _follow_refunds(refunds: Sequence[RefundView]) -> str:
    """Return how far the money that goes back has come: "stuck" while staff have to see to any of it."""
    statuses = {refund.status for refund in refunds}
    if "failed" in statuses:
        return "stuck"
    return "returned" if statuses == {"succeeded"} else "returning"


def _name_state(
    order: OrderView, payment: PaymentView | None, refunds: Sequence[RefundView], *, over: bool, booked: bool
) -> str:
    """Return a short name of all that the changing part of the page shows, for telling whether it changed."""
    parts = [
        order.status,
        payment.status if payment else "none",
        "over" if over else "open",
        "booked" if booked else "here",
    ]
    parts += [refund.status for refund in refunds]
    return "-".join(parts)


def _needs_watching(order: OrderView, refunds: Sequence[RefundView], late_money: str) -> bool:
    """Say whether the page should keep asking: for a payment, a parcel, or money on its way."""
    is_on_its_way = late_money in {"will go back", "may take the order up", "checked"}
    return (
        order.status in {OrderStatus.PENDING, OrderStatus.PAID}
        or is_on_its_way
        or any(refund.status != "succeeded" for refund in refunds)
    )


def describe_paying(order: OrderView, token: str) -> dict[str, Any]:
    """Return what the page to pay shows."""
    gateways = list_gateways()
    return {**describe_order(order, token), "form": PayForm(gateways=gateways), "gateways": gateways}
