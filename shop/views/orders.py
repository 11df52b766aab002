"""An order's own pages, opened by the token in their address, and a customer's history."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from orders.errors import OrderNotCancellable, OrderNotFound
from orders.selectors import (
    check_order_token,
    get_order,
    list_customer_orders,
    order_token,
)
from orders.services import cancel_order
from orders.states import CancelReason, OrderStatus
from orders.types import OrderView
from payments.selectors import list_gateways
from shop.forms import PayForm
from shop.paging import read_before_id, split_page
from shop.views.cart_session import require_customer_id
from shop.views.order_page import describe_order, describe_paying
from shop.views.paying import lead_to_gateway

_PAGE_SIZE = 20


def _private(
    view: Callable[[HttpRequest, OrderView, str], HttpResponse],
) -> Callable[[HttpRequest, str, str], HttpResponse]:
    """Open the order if the token fits, and keep its page out of caches and search engines."""

    def open_order(request: HttpRequest, number: str, token: str) -> HttpResponse:
        # The token first: whoever guesses numbers must not learn which exist.
        if not check_order_token(number=number, token=token):
            raise Http404
        try:
            order = get_order(number=number)
        except OrderNotFound as error:
            raise Http404 from error
        response = view(request, order, token)
        response["Cache-Control"] = "no-store, private"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return open_order


@require_safe
@_private
def show_order(request: HttpRequest, order: OrderView, token: str) -> HttpResponse:
    """Show an order."""
    return render(request, "shop/order.html", describe_order(order, token))


@require_safe
@_private
def show_invoice(request: HttpRequest, order: OrderView, token: str) -> HttpResponse:
    """Show an invoice to print, once the order has been paid."""
    if order.paid_at is None:
        return redirect("shop:order", number=order.number, token=token)
    return render(
        request, "shop/invoice.html", {"order": order, "token": token, "seller": settings.SHOP_SELLER}
    )


@require_safe
@_private
def show_order_status(request: HttpRequest, order: OrderView, token: str) -> HttpResponse:
    """Return the part of the order page that changes; it asks for itself while it may change."""
    context = describe_order(order, token)
    if request.GET.get("seen") == context["state"]:
        # Nothing new: htmx leaves the page alone, and whoever is on one of its buttons stays there.
        return HttpResponse(status=204)
    return render(request, "shop/fragments/order.html", context)


@require_POST
@_private
def cancel(request: HttpRequest, order: OrderView, token: str) -> HttpResponse:
    """Cancel an unpaid order."""
    try:
        cancel_order(number=order.number, reason=CancelReason.CUSTOMER, actor="customer", now=timezone.now())
    except OrderNotCancellable:
        messages.error(request, _("This order has been paid meanwhile and cannot be cancelled here."))
    else:
        messages.success(request, _("Your order is cancelled."))
    return redirect("shop:order", number=order.number, token=token)


@require_http_methods(["GET", "HEAD", "POST"])
@_private
def pay(request: HttpRequest, order: OrderView, token: str) -> HttpResponse:
    """Offer the gateways, or send the customer to the chosen one."""
    now = timezone.now()
    if order.status != OrderStatus.PENDING or order.payment_due_at <= now:
        return redirect("shop:order", number=order.number, token=token)
    if request.method != "POST":
        return render(request, "shop/pay.html", describe_paying(order, token))
    form = PayForm(request.POST, gateways=list_gateways())
    if form.is_valid():
        return lead_to_gateway(request, order, token, form.cleaned_data["gateway"])
    # A redirect, not an error status: those are logged with their address, and this one holds the token.
    messages.error(request, _("Please choose one of the ways to pay."))
    return redirect("shop:pay", number=order.number, token=token)


@require_safe
@_private
def show_payment_status(request: HttpRequest, order: OrderView, token: str) -> HttpResponse:
    """Return what the pay page shows by now; it asks for itself, for the deadline passes while it is open."""
    if order.status != OrderStatus.PENDING:
        return HttpResponseClientRedirect(reverse("shop:order", args=[order.number, token]))
    context = describe_paying(order, token)
    if request.GET.get("seen") == context["state"]:
        return HttpResponse(status=204)
    return render(request, "shop/fragments/pay.html", context)


@never_cache
@login_required
@require_safe
def list_orders(request: HttpRequest) -> HttpResponse:
    """Show a customer's orders."""
    customer_id = require_customer_id(request)
    orders = list_customer_orders(
        customer_id=customer_id, limit=_PAGE_SIZE + 1, before_id=read_before_id(request.GET)
    )
    page, older = split_page(orders, size=_PAGE_SIZE)
    return render(request, "shop/order_list.html", {"orders": page, "older": older})


@never_cache
@login_required
@require_safe
def open_own_order(request: HttpRequest, number: str) -> HttpResponse:
    """Lead a customer to the page of one of their own orders."""
    try:
        order = get_order(number=number)
    except OrderNotFound as error:
        raise Http404 from error
    if order.customer_id != require_customer_id(request):
        raise Http404
    return redirect("shop:order", number=number, token=order_token(number=number))
