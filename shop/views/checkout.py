"""The checkout: one page, and whatever goes wrong is said on it with nothing lost."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from inventory.errors import OutOfStock, StockBusy
from orders.errors import AllowanceExceeded, CustomerGone, InvalidOrder, PointsMissing, TooManyUnpaid
from orders.selectors import order_token
from orders.states import OrderStatus
from orders.types import OrderView, PlacedOrder
from payments.selectors import list_gateways
from shop.availability import RETRY_AFTER_SECONDS, is_outcome_unknown
from shop.client_address import find_client_address
from shop.delivery.errors import NotDeliverable, ShippingMethodUnavailable
from shop.delivery.methods import read_zones
from shop.errors import (
    CartChanged,
    CartEmpty,
    CartNotFound,
    PointsNotTaken,
    PriceChanged,
    ProductUnavailable,
)
from shop.forms import CheckoutForm
from shop.gate.errors import MustWait
from shop.order_requests import OrderRequest
from shop.promotions.errors import CouponRefused
from shop.promotions.wording import explain_refused
from shop.services.cart import fit_to_stock
from shop.services.cart_checkout import check_out, settle_cart
from shop.views.cart_session import find_cart, get_customer_id
from shop.views.checkout_addresses import (
    fill_in,
    forget_typed,
    guess_address,
    keep_if_wanted,
    lead_to_sign_in,
)
from shop.views.checkout_page import render_checkout
from shop.views.checkout_points import read_points
from shop.views.coupon_choice import answer_guesses, keep_coupon, recall_coupon
from shop.views.paying import find_order_address, lead_to_gateway
from shop.views.queue_ticket import (
    drop_ticket,
    find_ticket,
    forget_order,
    go_and_wait,
    read_ticket_cookie,
    recall_order,
)
from shop.views.unpaid_order import remember_order

_REFUSALS: Final = (
    MustWait,
    NotDeliverable,
    ShippingMethodUnavailable,
    CouponRefused,
    OutOfStock,
    ProductUnavailable,
    PriceChanged,
    CartChanged,
    CartEmpty,
    InvalidOrder,
    AllowanceExceeded,
    TooManyUnpaid,
    PointsMissing,
    PointsNotTaken,
    StockBusy,
)

_LONGEST_COUPON: Final = 64


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_checkout(request: HttpRequest) -> HttpResponse:
    """Show the checkout page, adjust the cart or use points on it, or place the order."""
    if request.method != "POST":
        return _open_checkout(request)
    if "adjust" in request.POST:
        return _adjust(request)
    if "fill" in request.POST:
        return render_checkout(request, typed=fill_in(request, request.POST))
    if "sign_in" in request.POST:
        return lead_to_sign_in(request)
    if "apply" in request.POST or "update" in request.POST:
        keep_coupon(request, request.POST.get("coupon", "")[:_LONGEST_COUPON])
        return render_checkout(request, typed=request.POST)
    return place_order_as_typed(request, request.POST)


def _open_checkout(request: HttpRequest) -> HttpResponse:
    cart_id = find_cart(request)
    if cart_id is not None and (order := settle_cart(cart_id=cart_id, now=timezone.now())):
        messages.info(request, _("This order has been placed already."))
        return _go_to_order(order)
    waiting = recall_order(request)
    if waiting and read_ticket_cookie(request):
        return redirect("shop:waiting_room")
    typed = waiting or {**guess_address(request), "coupon": recall_coupon(request)}
    return render_checkout(request, typed=typed)


def _adjust(request: HttpRequest) -> HttpResponse:
    cart_id = find_cart(request)
    if cart_id is not None:
        # Gone means emptied by another tab: the page shown now says so.
        with suppress(CartNotFound):
            fit_to_stock(cart_id=cart_id, now=timezone.now())
    return render_checkout(request, typed=request.POST, notice="adjusted")


def place_order_as_typed(request: HttpRequest, typed: Mapping[str, Any]) -> HttpResponse:
    """Place the order of a filled-in checkout form and lead to it, or to the line, or say what is wrong."""
    form = CheckoutForm(typed)
    if not form.is_valid():
        if form.was_tampered_with:
            return render_checkout(request, typed=typed, notice="changed", status=409)
        return render_checkout(request, typed=typed, form=form, status=422)
    points = read_points(typed, total=form.cleaned_data["expected_total"])
    if not points.is_valid():
        return render_checkout(request, typed=typed, form=form, notice="points-unusable", status=422)
    try:
        placing = _check_out(request, form, points.wanted)
    except _REFUSALS as error:
        if ticket := find_ticket(error):
            return go_and_wait(request, typed, ticket)
        forget_order(request)
        return _refuse(request, error, typed)
    _explain_replay(request, placing, form)
    keep_coupon(request, "")
    keep_if_wanted(request, typed, form.shipping_address)
    forget_order(request)
    forget_typed(request)
    remember_order(request, placing.order)
    response = _go_to_pay(request, placing.order, form.cleaned_data["gateway"])
    drop_ticket(response)
    return response


def _refuse(request: HttpRequest, error: Exception, typed: Mapping[str, Any]) -> HttpResponse:
    """Show the page with what was in the way of the order."""
    data: dict[str, Any] = {}
    form: CheckoutForm | None = None
    match error:
        case OutOfStock():
            notice, data = "out-of-stock", {"shortfalls": error.shortfalls}
        case ProductUnavailable():
            notice, data = "unavailable", {"skus": error.skus}
        case PriceChanged() if not typed.get("shipping_method") and read_zones():
            notice = "choose-shipping"
        case NotDeliverable():
            notice, form = "", _mark(typed, "country", _("We do not ship this order there."))
        case ShippingMethodUnavailable():
            notice, typed = "choose-shipping", {**dict(typed.items()), "shipping_method": ""}
        case CouponRefused():
            notice, data = "coupon-refused", {"refusal": explain_refused(error)}
            typed = {**dict(typed.items()), "coupon": ""}
            keep_coupon(request, "")
        case PriceChanged():
            notice, data = "price-changed", {"change": error}
        case CartChanged():
            notice = "changed"
        case CustomerGone():
            notice = "account-gone"
        case InvalidOrder():
            notice = "too-large"
        case AllowanceExceeded():
            notice, data = "limit-reached", {"limit": error.limit, "left": max(0, error.limit - error.used)}
        case PointsMissing() | PointsNotTaken():
            notice = "points-unusable"
        case TooManyUnpaid():
            notice, data = "too-many-unpaid", {"open_units": error.open_units}
        case StockBusy():
            notice = "unknown" if is_outcome_unknown(error) else "busy"
        case _:
            notice = ""
    is_busy = isinstance(error, StockBusy)
    response = render_checkout(
        request, typed=typed, form=form, notice=notice, data=data, status=503 if is_busy else 409
    )
    if is_busy:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    answer_guesses(response, error)
    return response


def _check_out(request: HttpRequest, form: CheckoutForm, points: int) -> PlacedOrder:
    cart_id = find_cart(request)
    if cart_id is None:
        raise CartEmpty
    return check_out(
        cart_id=cart_id,
        checkout_key=form.cleaned_data["checkout_key"],
        shown_lines=form.cleaned_data["shown_lines"],
        shown_total=form.cleaned_data["expected_total"],
        wanted=OrderRequest(
            email=form.cleaned_data["email"],
            customer_id=get_customer_id(request),
            shipping_address=form.shipping_address,
            shipping_method=form.cleaned_data["shipping_method"],
            coupon=form.cleaned_data["coupon"],
            points=points,
        ),
        client_address=find_client_address(request.META),
        ticket=read_ticket_cookie(request),
        # Units that come back from unpaid orders go to those who stay on the page.
        stays=True,
        now=timezone.now(),
    )


def _explain_replay(request: HttpRequest, placing: PlacedOrder, form: CheckoutForm) -> None:
    order = placing.order
    if placing.replayed and (order.email, order.shipping_address) != (
        form.cleaned_data["email"],
        form.shipping_address,
    ):
        messages.warning(
            request,
            _("This order had been placed already. It was not changed: please check the address below."),
        )


def _mark(typed: Mapping[str, Any], field: str, problem: str) -> CheckoutForm:
    form = CheckoutForm(typed)
    form.add_error(field, problem)
    return form


def _go_to_pay(request: HttpRequest, order: OrderView, gateway: str) -> HttpResponse:
    """Lead to the gateway that was chosen, or to the page on which one is."""
    if order.status != OrderStatus.PENDING or gateway not in dict(list_gateways()):
        return _go_to_order(order)
    return lead_to_gateway(request, order, order_token(number=order.number), gateway)


def _go_to_order(order: OrderView) -> HttpResponse:
    return redirect(find_order_address(order))
