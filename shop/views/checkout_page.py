"""What the checkout page shows: the cart as it is now, what it costs where it goes, and what was typed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from payments.selectors import list_gateways
from shop.availability import RETRY_AFTER_SECONDS
from shop.cart_selectors import digest_lines, find_cart_order, get_cart
from shop.client_address import find_client_address
from shop.delivery.methods import read_zones
from shop.forms import CheckoutForm
from shop.gate.entrance import count_waiting
from shop.pricing.carts import price_cart
from shop.pricing.types import Quote
from shop.types import CartView
from shop.views.cart_session import find_cart, get_customer_id
from shop.views.checkout_addresses import list_own_addresses
from shop.views.checkout_points import describe_points
from shop.views.coupon_choice import answer_guesses, describe_coupon, find_refusal
from shop.views.paying import find_order_address
from shop.views.unpaid_order import find_unpaid_address

# How often a page that met a busy shop sends itself again before it leaves that to its reader.
_MOST_RETRIES = 5
_TYPED = ("email", *CheckoutForm.ADDRESS_FIELDS, "shipping_method", "coupon", "gateway")


def render_checkout(
    request: HttpRequest,
    *,
    typed: Mapping[str, Any] | None = None,
    form: CheckoutForm | None = None,
    notice: str = "",
    data: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the page for the cart as it is now, keeping what was typed; for htmx, the part with prices."""
    typed = typed or {}
    is_part = bool(request.htmx) and "update" in request.POST  # type: ignore[attr-defined]
    cart = get_cart(cart_id=find_cart(request), now=timezone.now())
    if cart is None or not cart.lines:
        if is_part:
            return HttpResponseClientRedirect(_find_way_on(request))
        nothing = {"notice": notice, "unpaid_address": find_unpaid_address(request)}
        return render(request, "shop/checkout_empty.html", nothing, status=status)
    quote = quote_as_typed(request, cart, typed)
    if form is None:
        form = CheckoutForm(initial={name: typed.get(name, "") for name in _TYPED})
    context = {
        "form": form,
        "cart": cart,
        "quote": quote,
        "notice": notice,
        "is_part": is_part,
        "options_digest": (digest := _digest_options(quote)),
        # Methods that stay as they are stay where they are: somebody may just be choosing one.
        "offers_anew": is_part and typed.get("shown_options") != digest,
        "ships": bool(read_zones()),
        "addresses": [] if is_part else list_own_addresses(request),
        "keeps_address": bool(typed.get("keep_address")),
        "gateways": list_gateways(),
        "gateway": typed.get("gateway", ""),
        "waiting": count_waiting(quantities=cart.quantities, now=timezone.now()),
        "page_fields": _page_fields(cart, quote, form),
        **_count_retries(typed),
        **describe_coupon(quote, typed),
        **describe_points(request, typed, total=quote.total),
        **(data or {}),
    }
    template = "shop/fragments/checkout_prices.html" if is_part else "shop/checkout.html"
    response = render(request, template, context, status=status)
    # htmx shows no answer that is an error.
    if request.method == "POST" and not is_part:
        answer_guesses(response, find_refusal(quote))
    return response


def _find_way_on(request: HttpRequest) -> str:
    """Return where to go from a page whose cart is empty by now: to its order, if it was placed meanwhile.

    A question for prices may overtake the order, on a slow line or from another tab. To lead to an empty cart
    then would look as if the order were lost.
    """
    form = CheckoutForm(request.POST)
    form.is_valid()
    key, cart_id = form.cleaned_data.get("checkout_key"), find_cart(request)
    order = find_cart_order(cart_id=cart_id, checkout_key=key) if key and cart_id is not None else None
    return find_order_address(order) if order else reverse("shop:cart")


def quote_as_typed(request: HttpRequest, cart: CartView, typed: Mapping[str, Any]) -> Quote:
    """Return what the cart costs before points, sent to the address as far as it is typed."""
    return price_cart(
        cart=cart,
        email=str(typed.get("email", "")),
        customer_id=get_customer_id(request),
        address={name: str(typed.get(name, "")) for name in CheckoutForm.ADDRESS_FIELDS},
        shipping_method=str(typed.get("shipping_method", "")),
        coupon=str(typed.get("coupon", "")).strip(),
        client_address=find_client_address(request.META),
        now=timezone.now(),
    )


def _page_fields(cart: CartView, quote: Quote, form: CheckoutForm) -> dict[str, Any]:
    """Return the hidden fields: what this page shows now, or after a typing mistake, what it showed then."""
    fields = {
        "checkout_key": cart.checkout_key,
        "shown_lines": digest_lines(quantities=cart.quantities),
        "expected_total": quote.total,
    }
    if not form.is_bound:
        return fields
    then = {name: form[name].value() for name in fields}
    # Whoever saw no shipping method then sees for the first time what it costs.
    if quote.shipping_options and not form["shipping_method"].value():
        then["expected_total"] = quote.total
    return then


def _digest_options(quote: Quote) -> str:
    offered = [(option.code, option.name, option.note, option.amount) for option in quote.shipping_options]
    return hashlib.sha256(json.dumps([offered, bool(quote.problems)]).encode()).hexdigest()[:16]


def _count_retries(typed: Mapping[str, Any]) -> dict[str, int]:
    text = str(typed.get("retries", ""))
    retries = int(text) if text.isdecimal() and len(text) == 1 else 0
    return {
        "retries": min(retries + 1, 9),
        "retries_left": max(0, _MOST_RETRIES - retries),
        "retry_seconds": RETRY_AFTER_SECONDS,
    }
