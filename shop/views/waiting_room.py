"""The waiting room: one's place in the line of a flash sale, and on to the order when it is one's turn.

A place is asked for with the ticket alone; neither session nor database is read for it.
"""

import datetime as dt
import math
from contextlib import suppress
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from shop.errors import FlashSaleNotFound
from shop.gate.services import ask_again
from shop.gate.tickets import read_ticket
from shop.gate.types import SoldOut, Waiting
from shop.sale_board import read_board
from shop.sale_selectors import get_flash_sale
from shop.sale_types import FlashSaleView
from shop.views.checkout import place_order_as_typed
from shop.views.queue_ticket import drop_ticket, forget_order, keep_ticket, read_ticket_cookie, recall_order

_PAGE: Final = "shop/waiting_room.html"
_FRAGMENT: Final = "shop/fragments/waiting_place.html"


@never_cache
@require_http_methods(["GET", "POST"])
def show_waiting_room(request: HttpRequest) -> HttpResponse:
    """Show the place in the line; place the order that waits once it is let in; or, by POST, leave.

    A GET that places an order: the customer has sent it before, by POST, and this page is the late answer.
    The order's own key lets it be placed once.
    """
    if request.method == "POST":
        return _leave(request)
    now = timezone.now()
    ticket = read_ticket_cookie(request) or ""
    match admission := ask_again(ticket=ticket, now=now, stays=True):
        case Waiting() | SoldOut():
            return _show_line(request, _PAGE, admission, ticket, now)
    order = recall_order(request)
    if order and ticket:
        return place_order_as_typed(request, order)
    if order:
        # Their browser has thrown the ticket away: what somebody sent so long ago is not ordered unasked.
        messages.warning(
            request, _("You were away for too long and lost your place. Please place the order again.")
        )
    return redirect("shop:checkout")


@never_cache
@require_safe
def show_place(request: HttpRequest) -> HttpResponse:
    """Show the place in the line as a part of the page; send the browser on when there is no line for it."""
    now = timezone.now()
    ticket = read_ticket_cookie(request) or ""
    match admission := ask_again(ticket=ticket, now=now, stays=True):
        case Waiting() | SoldOut(line=Waiting()):
            return _show_line(request, _FRAGMENT, admission, ticket, now, seen=request.GET.get("seen"))
    return HttpResponseClientRedirect(reverse("shop:waiting_room"))


def _leave(request: HttpRequest) -> HttpResponse:
    forget_order(request)
    response = redirect("shop:cart")
    drop_ticket(response)
    return response


def _show_line(
    request: HttpRequest,
    template: str,
    admission: Waiting | SoldOut,
    ticket: str,
    now: dt.datetime,
    seen: str | None = None,
) -> HttpResponse:
    line = admission.line if isinstance(admission, SoldOut) else admission
    content = _describe(admission, ticket, now)
    # Nothing new is not shown again, so that nobody has the same read out to them every second.
    response = HttpResponse(status=204) if content["state"] == seen else render(request, template, content)
    if line is None:
        # Nothing will come back: the order is over, the cart is kept.
        forget_order(request)
        drop_ticket(response)
    else:
        keep_ticket(response, line.ticket)
    return response


def _describe(admission: Waiting | SoldOut, ticket: str, now: dt.datetime) -> dict[str, Any]:
    line = admission.line if isinstance(admission, SoldOut) else admission
    sale = _find_sale(ticket, now, is_final=line is None)
    held = admission.held if isinstance(admission, SoldOut) else 0
    minutes = _round_minutes(line)
    return {
        "state": f"{line.place}.{line.left}.{held}.{minutes}" if line else "",
        "sale": sale,
        "is_over": sale is not None and sale.is_over(now),
        "is_sold_out": isinstance(admission, SoldOut),
        "held": held,
        "line": line,
        "minutes": minutes,
        "before": line.place - 1 if line else 0,
        "refresh_seconds": math.ceil(line.poll_seconds) if line else 0,
    }


def _find_sale(ticket: str, now: dt.datetime, *, is_final: bool) -> FlashSaleView | None:
    """Return the sale of a ticket, as pages show it; for the last page, which nothing corrects, as it is."""
    shown = read_ticket(ticket, now=now)
    if shown is None:
        return None
    if not is_final:
        return read_board(now=now).find(sale_id=shown.sale_id)
    with suppress(FlashSaleNotFound):
        return get_flash_sale(sale_id=shown.sale_id)
    return None


def _round_minutes(line: Waiting | None) -> int | None:
    """Return the wait in whole minutes, 0 for less than one, None where nobody can say."""
    if line is None or line.seconds is None:
        return None
    return 0 if line.seconds < 60 else math.ceil(line.seconds / 60)
