"""A signed-in customer's own pages: addresses, points, and what the shop knows of them."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orders.selectors import get_points, get_worth, has_open_orders, list_points_entries
from shop.address_book.errors import AddressNotFound, TooManyAddresses
from shop.address_book.forms import AddressForm
from shop.address_book.selectors import get_address, list_addresses
from shop.address_book.services import change_address, choose_address, drop_address, keep_address
from shop.customer_data import describe_customer
from shop.errors import AccountInUse
from shop.paging import read_before_id, split_page
from shop.services.accounts import delete_account
from shop.views.cart_session import require_customer_id

_PAGE_SIZE = 50


@never_cache
@login_required
@require_safe
def show_addresses(request: HttpRequest) -> HttpResponse:
    """Show a customer's addresses."""
    return render(request, "shop/addresses.html", {"addresses": list_addresses(require_customer_id(request))})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_address(request: HttpRequest) -> HttpResponse:
    """Take an address into the book."""
    form = AddressForm(request.POST or None)
    if not form.is_valid():
        return _show_form(request, form)
    try:
        keep_address(customer_id=require_customer_id(request), fields=form.address, now=timezone.now())
    except TooManyAddresses:
        form.add_error(None, _("Your address book is full. Please delete an address first."))
        return _show_form(request, form)
    messages.success(request, _("Your address is kept."))
    return redirect("shop:addresses")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_address(request: HttpRequest, address_id: str) -> HttpResponse:
    """Write an address anew."""
    try:
        address = get_address(customer_id=require_customer_id(request), address_id=int(address_id))
        form = AddressForm(request.POST or None, initial=address.fields.as_shipping_address())
        if not form.is_valid():
            return _show_form(request, form, address_id=address.id)
        change_address(customer_id=require_customer_id(request), address_id=address.id, fields=form.address)
    except AddressNotFound as error:
        raise Http404 from error
    messages.success(request, _("Your address is kept."))
    return redirect("shop:addresses")


@login_required
@require_POST
def choose_first_address(request: HttpRequest, address_id: str) -> HttpResponse:
    """Make an address the one the checkout begins with."""
    try:
        choose_address(
            customer_id=require_customer_id(request), address_id=int(address_id), now=timezone.now()
        )
    except AddressNotFound as error:
        raise Http404 from error
    return redirect("shop:addresses")


@login_required
@require_POST
def delete_address(request: HttpRequest, address_id: str) -> HttpResponse:
    """Take an address out of the book."""
    drop_address(customer_id=require_customer_id(request), address_id=int(address_id))
    messages.success(request, _("The address is deleted."))
    return redirect("shop:addresses")


@never_cache
@login_required
@require_safe
def show_points(request: HttpRequest) -> HttpResponse:
    """Show what a customer can spend, and how that came about."""
    customer_id = require_customer_id(request)
    entries = list_points_entries(
        customer_id=customer_id, limit=_PAGE_SIZE + 1, before_id=read_before_id(request.GET)
    )
    page, older = split_page(entries, size=_PAGE_SIZE)
    points = get_points(customer_id=customer_id)
    worth = get_worth(points=points.balance)
    return render(
        request,
        "shop/points.html",
        {"points": points, "points_worth": worth, "entries": page, "older": older},
    )


@never_cache
@login_required
@require_safe
def show_data(request: HttpRequest) -> HttpResponse:
    """Say what the shop keeps, and offer it for download and deletion."""
    return render(request, "shop/account_data.html", _describe_deletion(request))


@never_cache
@login_required
@require_POST
def download_data(request: HttpRequest) -> HttpResponse:
    """Send everything the shop knows of a customer as a JSON file."""
    if not did_recently_reauthenticate(request):
        # To the page with the button, not on with this request: a file that answers a password would leave
        # the page that asks for it standing.
        messages.info(request, _("Your password first, please. Then press “Download your data” once more."))
        return redirect(f"{reverse('account_reauthenticate')}?next={reverse('shop:account_data')}")
    response = JsonResponse(
        describe_customer(request.user),  # type: ignore[arg-type]  # login_required
        json_dumps_params={"indent": 2, "ensure_ascii": False},
    )
    response["Content-Disposition"] = 'attachment; filename="account.json"'
    return response


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def close_account(request: HttpRequest) -> HttpResponse:
    """Ask once more, and delete the account."""
    if request.method != "POST":
        return render(request, "shop/close_account.html", _describe_deletion(request))
    try:
        delete_account(customer_id=require_customer_id(request), now=timezone.now())
    except AccountInUse:
        # The page says why.
        return render(request, "shop/close_account.html", _describe_deletion(request), status=409)
    logout(request)
    messages.success(request, _("Your account is deleted."))
    return redirect("shop:home")


def _show_form(request: HttpRequest, form: AddressForm, *, address_id: int | None = None) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "shop/address_form.html", {"form": form, "address_id": address_id}, status=status)


def _describe_deletion(request: HttpRequest) -> dict[str, Any]:
    return {
        "has_open_orders": has_open_orders(customer_id=require_customer_id(request)),
        "is_staff": getattr(request.user, "is_staff", False),
        "points": get_points(customer_id=require_customer_id(request)) if settings.POINT_VALUE else None,
    }
