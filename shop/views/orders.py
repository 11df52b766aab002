"""An order's own pages, opened by the token in their address, and a customer's history."""

from collections.abc import Callable, Sequence
from typing import Any

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
    get_order_points,
    get_tracking,
    list_customer_orders,
    order_token,
)
from orders.services import cancel_order
from orders.states import CancelReason, OrderStatus
from orders.types import OrderView
from payments.selectors import list_gateways, list_payments, list_refunds
from payments.types import PaymentView, RefundView
from shop.forms import PayForm
from shop.paging import read_before_id, split_page
from shop.views.cart_session import require_customer_id
from shop.views.paying import lead_to_gateway

_POLL_SECONDS = 3
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
    return render(request, "shop/order.html", _describe(order, token))


@require_safe
@_private
def show_order_status(request: HttpRequest, order: OrderView, token: str) -> HttpResponse:
    """Return the part of the order page that changes; it asks for itself while it may change."""
    context = _describe(order, token)
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
        return render(request, "shop/pay.html", _describe_paying(order, token))
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
    context = _describe_paying(order, token)
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


def _describe(order: OrderView, token: str) -> dict[str, Any]:
    now = timezone.now()
    seconds_left = int((order.payment_due_at - now).total_seconds())
    payments = list_payments(order_id=order.id)
    refunds = list_refunds(order_ids=[order.id])[order.id] if payments else []
    payment = payments[-1] if payments else None
    is_overdue = seconds_left <= 0
    return {
        "order": order,
        "token": token,
        "now": now,
        "seconds_left": max(seconds_left, 0),
        "is_overdue": is_overdue,
        "is_live": order.status == OrderStatus.PENDING,
        "payment": payment,
        "refunds": refunds,
        "late_money": _find_late_money(order, payments, refunds),
        "tracking": get_tracking(order_id=order.id) if order.paid_at else None,
        "order_points": get_order_points(order_id=order.id) if order.customer_id is not None else None,
        "state": f"{order.status}-{payment.status if payment else 'none'}-{'over' if is_overdue else 'open'}",
        "poll_seconds": _POLL_SECONDS,
    }


def _find_late_money(order: OrderView, payments: Sequence[PaymentView], refunds: Sequence[RefundView]) -> str:
    """Return what has become of money that came, or may still come, for an order that is cancelled."""
    statuses = {payment.status for payment in payments}
    if refunds:
        return "returned" if all(refund.succeeded_at for refund in refunds) else "returning"
    if statuses & {"succeeded", "review"}:
        return "checked"
    if "processing" not in statuses:
        return ""
    is_wanted = order.cancel_reason == CancelReason.EXPIRED and settings.LATE_PAYMENT == "reserve"
    return "may take the order up" if is_wanted else "will go back"


def _describe_paying(order: OrderView, token: str) -> dict[str, Any]:
    gateways = list_gateways()
    return {**_describe(order, token), "form": PayForm(gateways=gateways), "gateways": gateways}
