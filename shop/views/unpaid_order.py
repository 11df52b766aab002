"""The order that a visitor placed last, for those who come back without having paid it."""

from typing import Final

from django.http import HttpRequest
from django.utils import timezone

from orders.errors import OrderNotFound
from orders.selectors import get_order
from orders.states import OrderStatus
from orders.types import OrderView
from shop.views.paying import find_order_address

_SESSION_KEY: Final = "latest_order"


def remember_order(request: HttpRequest, order: OrderView) -> None:
    """Note in the session which order was placed last."""
    request.session[_SESSION_KEY] = order.number


def find_unpaid_address(request: HttpRequest) -> str:
    """Return where the order placed last can be paid, or nothing if it cannot any more."""
    number = request.session.get(_SESSION_KEY)
    if number is None:
        return ""
    try:
        order = get_order(number=number)
    except OrderNotFound:
        return ""
    can_be_paid = order.status == OrderStatus.PENDING and timezone.now() < order.payment_due_at
    return find_order_address(order) if can_be_paid else ""
