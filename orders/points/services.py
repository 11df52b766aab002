"""What becomes of points in the life of an order, and what staff do with them.

Points are spent with the order and come back with it: when it is cancelled, expires or is refunded in full.
They are earned once it is paid, by a step of their own, and taken back with the money that is refunded: all
of them, or the share of what went back.
"""

import datetime as dt
from collections.abc import Collection
from typing import Final

from django.db.models import QuerySet, Sum

from inventory.transactions import require_transaction, run_in_transaction
from orders.models import Order
from orders.points import ledger
from orders.points.ledger import Booking
from orders.points.models import EntryKind, PointsEntry
from orders.points.rates import count_earned
from orders.rows import lock_row
from orders.states import OrderStatus

_ACTOR: Final = "points"


def give_back(*, order_ids: Collection[int], actor: str, reason: str, now: dt.datetime) -> None:
    """Give back the points these orders cost; one statement if they cost none.

    The orders must have been moved to cancelled or refunded by this transaction, which is what makes it
    happen once; the ledger's unique key stands behind that. Needs a transaction.
    """
    require_transaction()
    open_ones = [
        Booking(entry.customer_id, EntryKind.GIVE_BACK, -entry.points, entry.reference, entry.order_id)
        for entry in _list_open_spendings(order_ids)
    ]
    ledger.credit(open_ones, actor=actor, reason=reason, now=now)


def spend_again(
    *, order_id: int, customer_id: int, points: int, reference: str, actor: str, now: dt.datetime
) -> None:
    """Take once more, under a new reference, what an order cost before it was cancelled, if it cost any.

    Raises PointsMissing, when the caller's transaction must be rolled back. Needs a transaction.
    """
    require_transaction()
    if points:
        booking = Booking(customer_id, EntryKind.SPEND, points, reference, order_id)
        ledger.spend(booking, actor=actor, now=now)


def earn_points(*, order_id: int, now: dt.datetime) -> int:
    """Give the customer of a paid order the points it earns, once; return how many it keeps.

    An order without an account, one whose money is on its way back, and one that has earned already earn
    nothing more. Raises OrderNotFound. Opens its own transaction.
    """

    def earn() -> int:
        order = lock_row(order_id=order_id)
        has_earned = _list_earned(order_id).exists()
        is_kept = order.status in (OrderStatus.PAID, OrderStatus.FULFILLED)
        if has_earned or not is_kept or order.customer_id is None:
            return _sum(order_id, EntryKind.EARN) + _sum(order_id, EntryKind.TAKE_BACK)
        points = count_earned(amount=order.total_amount, currency=order.currency)
        earning = _describe_earning(order, order.customer_id, points)
        if points:
            ledger.credit([earning], actor=_ACTOR, now=now)
        if order.refunded_amount:
            # Part of the money has gone back already, and its points go the same way.
            keep, occasion = order.total_amount - order.refunded_amount, f"{earning.reference}:earned"
            points -= take_back(order=order, keep=keep, reference=occasion, reason="refunded", now=now)
        return points

    return run_in_transaction(earn)


def revoke_points(*, order_id: int, reason: str, now: dt.datetime) -> int:
    """Take back all points an order has earned and still has; return how many. Once, however often called.

    An order that has not earned yet never will. Raises OrderNotFound. Opens its own transaction.
    """

    def revoke() -> int:
        order = lock_row(order_id=order_id)
        if order.customer_id is not None and not _list_earned(order_id).exists():
            nothing = _describe_earning(order, order.customer_id, 0)
            ledger.credit([nothing], actor=_ACTOR, reason=reason, now=now)
        return take_back(order=order, keep=0, reference=f"order:{order.number}", reason=reason, now=now)

    return run_in_transaction(revoke)


def take_back(*, order: Order, keep: int, reference: str, reason: str, now: dt.datetime) -> int:
    """Take back what an order has earned but for its share of `keep` minor units of its total; return it.

    What its customer has spent already is owed. `reference` is unique to this occasion. Needs a transaction
    that holds the order's lock.
    """
    require_transaction()
    earning = _list_earned(order.id).first()
    if earning is None:
        return 0
    earned = _sum(order.id, EntryKind.EARN)
    # From the whole each time, so that many small refunds round to the same as a large one.
    left = earned * keep // order.total_amount if order.total_amount else 0
    points = earned + _sum(order.id, EntryKind.TAKE_BACK) - left
    if points > 0:
        booking = Booking(earning.customer_id, EntryKind.TAKE_BACK, points, reference, order.id)
        ledger.take_back(booking, actor=_ACTOR, reason=reason, now=now)
    return max(points, 0)


def adjust_points(
    *, customer_id: int, points: int, reference: str, reason: str, actor: str, now: dt.datetime
) -> None:
    """Give a customer points, or take some with a minus; given ones pay off first what is owed.

    A `reference` books once. Raises PointsMissing if there are not so many to take, PointsBooked. Opens its
    own transaction.
    """
    booking = Booking(customer_id, EntryKind.ADJUST, abs(points), reference)

    def adjust() -> None:
        if points > 0:
            ledger.credit([booking], actor=actor, reason=reason, now=now)
        elif points < 0:
            ledger.spend(booking, actor=actor, reason=reason, now=now)

    run_in_transaction(adjust)


def _list_earned(order_id: int) -> QuerySet[PointsEntry]:
    return PointsEntry.objects.filter(order_id=order_id, kind=EntryKind.EARN)


def _describe_earning(order: Order, customer_id: int, points: int) -> Booking:
    return Booking(customer_id, EntryKind.EARN, points, f"order:{order.number}", order.id)


def _list_open_spendings(order_ids: Collection[int]) -> list[PointsEntry]:
    kinds = (EntryKind.SPEND, EntryKind.GIVE_BACK)
    entries = list(PointsEntry.objects.filter(order_id__in=order_ids, kind__in=kinds).order_by("id"))
    returned = {entry.reference for entry in entries if entry.kind == EntryKind.GIVE_BACK}
    return [e for e in entries if e.kind == EntryKind.SPEND and e.reference not in returned]


def _sum(order_id: int, kind: EntryKind) -> int:
    """Return the points an order moved in this way, by balance and by what is owed."""
    sums = PointsEntry.objects.filter(order_id=order_id, kind=kind).aggregate(
        points=Sum("points", default=0), owed=Sum("owed", default=0)
    )
    return int(sums["points"]) - int(sums["owed"])
