"""The customer's address book on the checkout page."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from orders.selectors import list_customer_orders
from shop.address_book.errors import TooManyAddresses
from shop.address_book.selectors import list_addresses
from shop.address_book.services import keep_address
from shop.address_book.types import AddressFields, AddressView
from shop.forms import CheckoutForm
from shop.views.cart_estimate import recall_place
from shop.views.cart_session import get_customer_id

_SESSION_KEY: Final = "typed_address"
_KEPT: Final = ("email", *CheckoutForm.ADDRESS_FIELDS, "shipping_method", "gateway")
# Where nothing is typed, a country is chosen all the same.
_BEGUN: Final = ("name", "line1", "city", "postal_code")
_LONGEST: Final = 254


def list_own_addresses(request: HttpRequest) -> list[AddressView]:
    """Return the addresses that a customer can choose from; none for guests."""
    customer_id = get_customer_id(request)
    return [] if customer_id is None else list_addresses(customer_id)


def guess_address(request: HttpRequest) -> dict[str, Any]:
    """Return what the page can fill in.

    That is what they typed before they signed in, else the first address of a customer's book, that of their
    latest order, or their estimate's place.
    """
    guessed, typed = _guess(request), request.session.get(_SESSION_KEY, {})
    if not any(typed.get(name) for name in _BEGUN):
        typed = {name: text for name, text in typed.items() if name not in CheckoutForm.ADDRESS_FIELDS}
    return {**guessed, **{name: text for name, text in typed.items() if text or name != "email"}}


def lead_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in and from there back to the checkout, with all that was typed there."""
    request.session[_SESSION_KEY] = {name: request.POST.get(name, "")[:_LONGEST] for name in _KEPT}
    return redirect(f"{reverse('account_login')}?next={reverse('shop:checkout')}")


def forget_typed(request: HttpRequest) -> None:
    """Forget what was typed before signing in: it is ordered."""
    request.session.pop(_SESSION_KEY, None)


def _guess(request: HttpRequest) -> dict[str, Any]:
    place = recall_place(request) or {"country": settings.SHOP_COUNTRY}
    customer_id = get_customer_id(request)
    if customer_id is None:
        return place
    address: dict[str, Any] = {}
    if addresses := list_addresses(customer_id):
        address = addresses[0].fields.as_shipping_address()
    elif last := list_customer_orders(customer_id=customer_id, limit=1):
        address = dict(last[0].shipping_address or {})
    return {**(address or place), "email": getattr(request.user, "email", "")}


def fill_in(request: HttpRequest, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed with the address that was chosen from the book instead."""
    chosen = str(typed.get("book", ""))
    found = next((address for address in list_own_addresses(request) if str(address.id) == chosen), None)
    return {**dict(typed.items()), **({"region": "", **found.fields.as_shipping_address()} if found else {})}


def keep_if_wanted(request: HttpRequest, typed: Mapping[str, Any], address: Mapping[str, str]) -> None:
    """Put the address of an order into its customer's book, if they said so and there is room."""
    customer_id = get_customer_id(request)
    if customer_id is not None and typed.get("keep_address"):
        with suppress(TooManyAddresses):
            keep_address(customer_id=customer_id, fields=AddressFields(**address), now=timezone.now())
