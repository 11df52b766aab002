"""Reads of points."""

from orders.points.models import EntryKind, PointsBalance, PointsEntry
from orders.types import OrderPoints, PointsView


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
