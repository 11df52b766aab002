"""The life of an order: one table of allowed moves.

Every change of status is a compare-and-set against it.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrderStatus(models.TextChoices):
    """Where an order is in its life."""

    PENDING = "pending", _("Awaiting payment")
    PAID = "paid", _("Paid")
    FULFILLED = "fulfilled", _("Shipped")
    CANCELLED = "cancelled", _("Cancelled")
    REFUNDED = "refunded", _("Refunded")


class CancelReason(models.TextChoices):
    """Why an order was cancelled."""

    EXPIRED = "expired", _("Not paid in time")
    CUSTOMER = "customer", _("Cancelled by the customer")
    STAFF = "staff", _("Cancelled by the shop")


class AdjustmentKind(models.TextChoices):
    """Why an order's total differs from the sum of its lines."""

    PROMOTION = "promotion", _("Promotion")
    COUPON = "coupon", _("Coupon")
    SHIPPING = "shipping", _("Shipping")
    TAX = "tax", _("Tax")
    POINTS = "points", _("Points")


class StepState(models.TextChoices):
    """How far a step after payment has come."""

    WAITING = "waiting", _("Waits for the steps before it")
    READY = "ready", _("To be done")
    RUNNING = "running", _("Being done")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    UNDOING = "undoing", _("To be undone")
    UNDONE = "undone", _("Undone")
    STUCK = "stuck", _("Could not be undone")
    SKIPPED = "skipped", _("Not needed any more")
    SETTLED = "settled", _("Settled by hand")


# In these an order holds what was promised to it: its units, its points, and its share of a
# customer's allowance.
LIVE_STATUSES: tuple[OrderStatus, ...] = (OrderStatus.PENDING, OrderStatus.PAID, OrderStatus.FULFILLED)

# CANCELLED -> PAID is money that came late and found the stock still there: the units are reserved anew
# first.
ALLOWED_MOVES: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset({OrderStatus.PAID, OrderStatus.CANCELLED}),
    OrderStatus.PAID: frozenset({OrderStatus.FULFILLED, OrderStatus.REFUNDED}),
    OrderStatus.FULFILLED: frozenset({OrderStatus.REFUNDED}),
    OrderStatus.CANCELLED: frozenset({OrderStatus.PAID}),
    OrderStatus.REFUNDED: frozenset(),
}


def list_origins(target: OrderStatus) -> list[OrderStatus]:
    """Return the statuses from which an order may move to `target`."""
    return [origin for origin, targets in ALLOWED_MOVES.items() if target in targets]
