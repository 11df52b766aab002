"""Reads of points."""

from orders.points.models import EntryKind, PointsBalance, PointsEntry
from orders.states import CancelReason, OrderStatus
from orders.types import OrderPoints, PointsEntryView, PointsView


def get_points(*, customer_id: int) -> PointsView:
    """Return what a customer can spend and owes; one who never had points has none."""
    row = PointsBalance.objects.filter(customer_id=customer_id).values_list("balance", "owed").first()
    return PointsView(*(row or (0, 0)))


def get_order_points(*, order_id: int) -> OrderPoints:
    """Return how many points an order costs at this moment, and how many it has earned for good."""
    spent = earned = 0
    entries = PointsEntry.objects.filter(order_id=order_id)
    for kind, points, owed in entries.values_list("kind", "points", "owed"):
        if kind in (EntryKind.SPEND, EntryKind.GIVE_BACK):
            spent += owed - points
        else:
            earned += points - owed
    return OrderPoints(spent=spent, earned=earned)


def list_points_entries(
    *, customer_id: int, limit: int = 50, before_id: int | None = None
) -> list[PointsEntryView]:
    """Return the latest entries of a customer, newest first; with `before_id`, those older than that one."""
    entries = PointsEntry.objects.filter(customer_id=customer_id).order_by("-id")
    if before_id is not None:
        entries = entries.filter(id__lt=before_id)
    rows = entries.values_list("id", "kind", "points", "owed", "order__number", "reason", "created_at")
    return [
        PointsEntryView(
            entry_id, kind, str(EntryKind(kind).label), points, owed, number or "", _word(kind, reason), at
        )
        for entry_id, kind, points, owed, number, reason, at in rows[:limit]
    ]


def _word(kind: str, reason: str) -> str:
    """Return a reason in words: those of staff as written, the shop's own in the active language."""
    if kind == EntryKind.ADJUST:
        return reason
    if reason in CancelReason.values:
        return str(CancelReason(reason).label)
    return str(OrderStatus.REFUNDED.label) if reason == OrderStatus.REFUNDED else ""
