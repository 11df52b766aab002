"""Everything the shop knows of a customer, for that customer."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from orders.selectors import get_points, list_customer_orders, list_points_entries
from orders.types import OrderView
from payments.selectors import list_payments
from shop.address_book.selectors import list_addresses
from shop.cart_selectors import find_cart_id, get_cart

_PAGE = 50


def describe_customer(user: AbstractUser) -> dict[str, Any]:
    """Return it as plain values. Amounts are minor units, times are aware UTC. Many statements."""
    customer_id = user.pk
    points = get_points(customer_id=customer_id)
    return {
        "shop": settings.SHOP_NAME,
        "account": {
            "email": user.email,
            "joined_at": user.date_joined,
            "last_login_at": user.last_login,
            "emails": list(EmailAddress.objects.filter(user=user).values("email", "verified", "primary")),
        },
        "addresses": [asdict(address.fields) for address in list_addresses(customer_id)],
        "cart": _describe_cart(customer_id),
        "orders": [_describe_order(order) for order in _read_all(list_customer_orders, customer_id)],
        "points": {
            "balance": points.balance,
            "owed": points.owed,
            "entries": [asdict(entry) for entry in _read_all(list_points_entries, customer_id)],
        },
    }


def _read_all(read: Callable[..., list[Any]], customer_id: int) -> Iterator[Any]:
    before_id: int | None = None
    while page := read(customer_id=customer_id, limit=_PAGE, before_id=before_id):
        yield from page
        before_id = page[-1].id


def _describe_cart(customer_id: int) -> list[dict[str, Any]]:
    cart_id = find_cart_id(cart_id=None, customer_id=customer_id)
    cart = get_cart(cart_id=cart_id, now=timezone.now())
    lines = [] if cart is None else cart.lines
    return [{"product": line.product_name, "sku": line.sku, "quantity": line.quantity} for line in lines]


def _describe_order(order: OrderView) -> dict[str, Any]:
    described = asdict(order)
    for inside in ("id", "customer_id"):
        del described[inside]
    payments = [
        {"gateway": payment.gateway, "status": payment.status, "amount": payment.amount}
        for payment in list_payments(order_id=order.id)
    ]
    return {**described, "payments": payments}
