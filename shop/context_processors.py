"""What every page needs: the shop's name, the shelves, and how much is in the cart."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from shop.sale_board import read_board
from shop.selectors import list_categories
from shop.views.cart_session import count_units


def shop(request: HttpRequest) -> dict[str, Any]:
    """Return the shop's name and, read only if a template shows them, shelves, units in the cart, sales."""
    return {
        "shop_name": settings.SHOP_NAME,
        "currency": settings.SHOP_CURRENCY,
        "categories": SimpleLazyObject(list_categories),
        "cart_units": SimpleLazyObject(lambda: count_units(request)),
        "sale_prices": SimpleLazyObject(_list_sale_prices),
    }


def _list_sale_prices() -> Mapping[int, int]:
    now = timezone.now()
    return read_board(now=now).list_prices(now=now)
