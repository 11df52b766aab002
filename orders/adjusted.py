"""Which orders were adjusted by what: how often a coupon or a promotion was used, and by whom."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from orders.models import OrderAdjustment
from orders.states import LIVE_STATUSES


@dataclass(frozen=True, slots=True)
class AdjustmentCount:
    """How many live orders hold an adjustment, how many held it, and what it comes to for the live ones."""

    live: int = 0
    given_back: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class AdjustedOrder:
    """An order and what the adjustment is for it, in minor units of its currency."""

    number: str
    status: str
    amount: int
    currency: str


def count_adjusted(*, kind: str, labels: Collection[str]) -> dict[str, AdjustmentCount]:
    """Return how often orders hold these adjustments, by label. One query, by index."""
    is_live = Q(order__status__in=LIVE_STATUSES)
    rows = (
        OrderAdjustment.objects.filter(kind=kind, label__in=labels)
        .values("label")
        .annotate(live=Count("id", filter=is_live), every=Count("id"), total=Sum("amount", filter=is_live))
        .order_by()
    )
    return {
        row["label"]: AdjustmentCount(row["live"], row["every"] - row["live"], row["total"] or 0)
        for row in rows
    }


def list_adjusted(*, kind: str, label: str, limit: int) -> list[tuple[int, AdjustedOrder]]:
    """Return the latest orders with an adjustment, each with its id. One query."""
    latest = OrderAdjustment.objects.filter(kind=kind, label=label).select_related("order").order_by("-id")
    return [
        (row.order_id, AdjustedOrder(row.order.number, row.order.status, row.amount, row.order.currency))
        for row in latest[:limit]
    ]
