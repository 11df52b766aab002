"""What a cart would cost with shipping and taxes, for a place instead of an address."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from shop.client_address import find_client_address
from shop.forms import EstimateForm
from shop.pricing.carts import depends_on_place, price_cart
from shop.types import CartView
from shop.views.cart_session import get_customer_id
from shop.views.coupon_choice import describe_coupon, recall_coupon

_SESSION_KEY: Final = "estimate"


def keep_place(request: HttpRequest, form: EstimateForm) -> None:
    """Remember the place of a valid form, for the cart and for the checkout."""
    request.session[_SESSION_KEY] = form.cleaned_data


def recall_place(request: HttpRequest) -> dict[str, str] | None:
    """Return the place that was asked about last."""
    place: dict[str, str] | None = request.session.get(_SESSION_KEY)
    return place


def describe_estimate(
    request: HttpRequest, cart: CartView | None, form: EstimateForm | None = None
) -> dict[str, Any]:
    """Return what the cart shows of an estimate; nothing where a price is the same everywhere."""
    if cart is None or not cart.lines:
        return {}
    place = recall_place(request) or {"country": settings.SHOP_COUNTRY}
    customer_id = get_customer_id(request)
    coupon = recall_coupon(request)
    quote = price_cart(
        cart=cart,
        customer_id=customer_id,
        address=place,
        coupon=coupon,
        client_address=find_client_address(request.META),
        now=timezone.now(),
    )
    return {
        "quote": quote,
        **describe_coupon(quote, {"coupon": coupon}),
        "estimate_form": (form or EstimateForm(initial=place)) if depends_on_place() else None,
    }
