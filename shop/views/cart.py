"""The cart. Every change is a POST; htmx gets the part of the page that changed, a plain form a redirect."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shop.cart_selectors import get_cart
from shop.errors import CartFull, CartNotFound, ProductUnavailable
from shop.forms import AddToCartForm, CouponForm, EstimateForm, QuantityForm
from shop.services import cart as carts
from shop.types import MAX_LINE_QUANTITY
from shop.views.cart_estimate import describe_estimate, keep_place
from shop.views.cart_session import find_cart, open_cart
from shop.views.coupon_choice import keep_coupon
from shop.views.unpaid_order import find_unpaid_address


@never_cache
@require_safe
def show_cart(request: HttpRequest) -> HttpResponse:
    """Show the cart and what could be had of it right now."""
    return render(request, "shop/cart.html", _describe(request))


@require_POST
def estimate(request: HttpRequest) -> HttpResponse:
    """Say what the cart would cost, shipped to a place."""
    form = EstimateForm(request.POST)
    if form.is_valid():
        keep_place(request, form)
        return _answer_change(request, "")
    context = _describe(request, form)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "shop/fragments/cart.html", context)
    return render(request, "shop/cart.html", context, status=422)


@require_POST
def add_to_cart(request: HttpRequest) -> HttpResponse:
    """Add units of a variant."""
    form = AddToCartForm(request.POST)
    if not form.is_valid():
        return _answer_add(request, _explain_add(form), status=422)
    try:
        carts.add_to_cart(
            cart_id=open_cart(request),
            variant_id=form.cleaned_data["variant"],
            quantity=form.cleaned_data["quantity"],
            now=timezone.now(),
        )
    except ProductUnavailable:
        return _answer_add(request, _("This is not for sale any more."), status=409)
    except CartFull:
        return _answer_add(request, _("Your cart is full. Please order what is in it first."), status=409)
    except CartNotFound:
        return _answer_add(request, _("Your cart was emptied meanwhile."), status=409)
    return _answer_add(request, "", status=200)


@require_POST
def change_quantity(request: HttpRequest, variant_id: int) -> HttpResponse:
    """Change or remove a line."""
    form = QuantityForm({"quantity": "0"} if "remove" in request.POST else request.POST)
    problem = ""
    cart_id = find_cart(request)
    if not form.is_valid():
        problem = _explain_quantity()
    elif cart_id is not None:
        try:
            carts.set_quantity(
                cart_id=cart_id,
                variant_id=variant_id,
                quantity=form.cleaned_data["quantity"],
                now=timezone.now(),
            )
        except CartNotFound:
            problem = _("Your cart was emptied meanwhile.")
    return _answer_change(request, problem)


@require_POST
def use_coupon(request: HttpRequest) -> HttpResponse:
    """Keep or drop a coupon; the cart says what it takes off, or why it does not."""
    form = CouponForm({} if "remove" in request.POST else request.POST)
    if not form.is_valid():
        return _answer_change(request, _("No coupon with this code is valid now."))
    keep_coupon(request, form.cleaned_data["coupon"])
    return _answer_change(request, "")


@require_POST
def fit_cart(request: HttpRequest) -> HttpResponse:
    """Reduce the cart to what can be had."""
    problem = ""
    cart_id = find_cart(request)
    if cart_id is not None:
        try:
            carts.fit_to_stock(cart_id=cart_id, now=timezone.now())
        except CartNotFound:
            problem = _("Your cart was emptied meanwhile.")
    return _answer_change(request, problem)


def _answer_add(request: HttpRequest, problem: str, *, status: int) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        # 200 even for a refusal: htmx shows the fragment, and the fragment says so.
        return render(request, "shop/fragments/added.html", {"problem": problem})
    if problem:
        messages.error(request, problem)
        return render(
            request,
            "shop/cart.html",
            _describe(request),
            status=status,
        )
    messages.success(request, _("Added to your cart."))
    return redirect("shop:cart")


def _answer_change(request: HttpRequest, problem: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        context = {**_describe(request), "problem": problem, "with_badge": True}
        return render(request, "shop/fragments/cart.html", context)
    if problem:
        messages.error(request, problem)
    return redirect("shop:cart")


def _describe(request: HttpRequest, form: EstimateForm | None = None) -> dict[str, Any]:
    cart = get_cart(cart_id=find_cart(request), now=timezone.now())
    unpaid = "" if cart and cart.lines else find_unpaid_address(request)
    return {"cart": cart, "unpaid_address": unpaid, **describe_estimate(request, cart, form)}


def _explain_add(form: AddToCartForm) -> str:
    return _("Please choose what to add.") if "variant" in form.errors else _explain_quantity()


def _explain_quantity() -> str:
    return _("Please enter a whole number from 1 to %(most)s.") % {"most": MAX_LINE_QUANTITY}
