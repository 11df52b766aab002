"""What every page needs: the shop's name, the shelves, and how much is in the cart."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from shop.cart_selectors import count_units
from shop.selectors import list_categories
from shop.views.cart_session import find_cart


def shop(request: HttpRequest) -> dict[str, Any]:
    """Return the shop's name and, read only if a template shows them, categories and units in the cart."""
    return {
        "shop_name": settings.SHOP_NAME,
        "currency": settings.SHOP_CURRENCY,
        "categories": SimpleLazyObject(list_categories),
        "cart_units": SimpleLazyObject(lambda: _count_units(request)),
    }


def _count_units(request: HttpRequest) -> int:
    cart_id = find_cart(request)
    return count_units(cart_id=cart_id) if cart_id is not None else 0
