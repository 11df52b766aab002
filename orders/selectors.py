"""Reads of orders.

What is read here may have changed by the time it is used; services re-check under a lock.
"""

import datetime as dt
from collections.abc import Collection, Sequence

from django.db import connection
from django.db.models import Count, F, QuerySet, Sum

from inventory.rows import RowRead
from orders.adjusted import AdjustmentCount, count_adjusted, list_adjusted
from orders.allowances import require_left as require_allowances_left
from orders.erasing import has_open_orders
from orders.errors import OrderNotFound
from orders.models import JobHealth, Order, OrderLine, OutboxMessage
from orders.numbers import check_order_token, order_token
from orders.points.rates import count_usable, get_worth
from orders.points.selectors import get_order_points, get_points, list_points_entries
from orders.rows import read_adjustments, read_lines, read_rows
from orders.shares import divide, find_paid_for_lines, price_refund
from orders.states import OrderStatus, StepState
from orders.steps.models import OrderStep
from orders.types import SHIPMENT_STEP, OrderView, Tracking
from orders.used_keys import is_key_used

__all__ = [
    "AdjustmentCount",
    "check_order_token",
    "count_adjusted",
    "count_left_steps",
    "count_overdue_orders",
    "count_parked_messages",
    "count_usable",
    "divide",
    "find_paid_for_lines",
    "find_placed",
    "get_job_health",
    "get_order",
    "get_order_points",
    "get_orders_by_id",
    "get_points",
    "get_tracking",
    "get_worth",
    "has_open_orders",
    "is_key_used",
    "is_payable",
    "list_adjusted",
    "list_customer_orders",
    "list_paid_orders",
    "list_points_entries",
    "order_token",
    "price_refund",
    "require_allowances_left",
]

_ORDERS = RowRead(Order)
_FIND_BY_KEY = "SELECT id FROM orders_order WHERE idempotency_scope = %s AND idempotency_key = %s"


def get_order(*, number: str) -> OrderView:
    """Return one order with its lines. Raises OrderNotFound."""
    return _get(Order.objects.filter(number=number), number)


def get_orders_by_id(*, ids: Collection[int]) -> dict[int, OrderView]:
    """Return the orders that exist among these ids, by id."""
    return {order.id: order for order in to_views(read_rows(ids=ids))}


def find_placed(*, idempotency_scope: str, idempotency_key: str) -> tuple[OrderView, str] | None:
    """Return the order placed under this key and the fingerprint of its request, or None."""
    # Whoever was refused a moment ago asks this and finds nothing: a plain look comes before the real query.
    with connection.cursor() as cursor:
        if not cursor.execute(_FIND_BY_KEY, (idempotency_scope, idempotency_key)):
            return None
        (order_id,) = cursor.fetchone()
    order = Order.objects.filter(id=order_id).first()
    return (to_view(order), order.request_fingerprint) if order else None


def is_payable(*, order_id: int, now: dt.datetime) -> bool:
    """Say whether an order waits for its money, and still may: one look, by its id."""
    return _ORDERS.exists(
        "WHERE id = %s AND status = %s AND payment_due_at > %s", (order_id, OrderStatus.PENDING, now)
    )


def get_tracking(*, order_id: int) -> Tracking | None:
    """Return how to find the parcel of an order, once its shipment is booked and while it stays so."""
    step = OrderStep.objects.filter(order_id=order_id, name=SHIPMENT_STEP, state=StepState.DONE).first()
    if step is None or not step.result:
        return None
    booked = step.result
    return Tracking(booked["carrier"], booked["tracking_number"], booked["tracking_url"])


def list_customer_orders(
    *, customer_id: int, limit: int = 50, before_id: int | None = None
) -> list[OrderView]:
    """Return a customer's latest orders, newest first; with `before_id`, those older than that one."""
    orders = Order.objects.filter(customer_id=customer_id).order_by("-id")
    if before_id is not None:
        orders = orders.filter(id__lt=before_id)
    return to_views(list(orders[:limit]))


def count_overdue_orders(*, now: dt.datetime) -> int:
    """Return how many orders the next sweep will cancel."""
    return filter_overdue(now=now).count()


def filter_overdue(*, now: dt.datetime) -> QuerySet[Order]:
    """Return what the sweep is there for: unpaid orders past their deadline, not parked."""
    return Order.objects.filter(status=OrderStatus.PENDING, payment_due_at__lt=now, parked_at__isnull=True)


def list_paid_orders(*, after_id: int, limit: int) -> list[tuple[int, str, int]]:
    """Return (id, number, amount kept) of the next orders, by id, whose money the shop keeps."""
    paid = Order.objects.filter(id__gt=after_id, status__in=[OrderStatus.PAID, OrderStatus.FULFILLED])
    return list(
        paid.order_by("id").values_list("id", "number", F("total_amount") - F("refunded_amount"))[:limit]
    )


def count_unpaid_units(*, sku: str) -> int:
    """Return how many units of a SKU unpaid orders hold: those that may come back, or be paid for."""
    # Unpaid orders are few: they are found first, by status, and their lines after that.
    lines = OrderLine.objects.filter(order__status=OrderStatus.PENDING, sku=sku)
    return lines.aggregate(units=Sum("quantity"))["units"] or 0


def count_left_steps() -> dict[str, int]:
    """Return how many steps are left to staff, by state: those that failed, and those that are stuck."""
    left = OrderStep.objects.filter(state__in=(StepState.FAILED, StepState.STUCK))
    return dict(left.values_list("state").annotate(count=Count("id")))


def count_parked_messages() -> dict[str, int]:
    """Return how many outbox messages are parked, by topic."""
    parked = OutboxMessage.objects.filter(parked_at__isnull=False)
    return dict(parked.values_list("topic").annotate(count=Count("id")))


def find_parked_message(*, key: str) -> int | None:
    """Return the id of the latest parked outbox message whose key begins like this."""
    parked = OutboxMessage.objects.filter(key__startswith=key, parked_at__isnull=False)
    return parked.order_by("-id").values_list("id", flat=True).first()


def get_job_health(*, name: str) -> tuple[dt.datetime, str] | None:
    """Return when a scheduled job last succeeded and what it did, or None if it never ran."""
    return JobHealth.objects.filter(name=name).values_list("succeeded_at", "detail").first()


def to_view(order: Order) -> OrderView:
    """Return an order row and its parts as a value. Two statements."""
    return to_views([order])[0]


def to_views(orders: Sequence[Order]) -> list[OrderView]:
    """Return order rows and their parts as values. Two statements however many there are."""
    ids = [order.id for order in orders]
    lines, adjustments = read_lines(ids), read_adjustments(ids)
    return [
        OrderView(
            **{name: getattr(order, name) for name in _COPIED},
            lines=tuple(lines[order.id]),
            adjustments=tuple(adjustments[order.id]),
        )
        for order in orders
    ]


_COPIED = tuple(name for name in OrderView.__dataclass_fields__ if name not in ("lines", "adjustments"))


def _get(orders: QuerySet[Order], number: str) -> OrderView:
    if (order := orders.first()) is None:
        raise OrderNotFound(number)
    return to_view(order)
