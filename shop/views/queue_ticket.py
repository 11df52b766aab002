"""What a browser keeps while its customer waits: the ticket in a cookie, the order they sent in the session.

The cookie is enough to ask for one's place, so that a crowd of waiting browsers reads nothing in MySQL.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from shop.forms import CheckoutForm, PointsForm
from shop.gate.errors import MustWait, SaleSoldOut
from shop.gate.tickets import TICKET_LIFE

COOKIE: Final = "queue_ticket"
_SESSION_KEY: Final = "waiting_order"


def find_ticket(error: Exception) -> str | None:
    """Return the ticket that came with the gate's refusal, if there is something to wait for."""
    if isinstance(error, MustWait):
        return error.waiting.ticket
    return error.line.ticket if isinstance(error, SaleSoldOut) and error.line else None


def read_ticket_cookie(request: HttpRequest) -> str | None:
    """Return what the browser shows as its ticket. Anybody can write anything there."""
    return request.COOKIES.get(COOKIE)


def keep_ticket(response: HttpResponse, ticket: str) -> None:
    """Have the browser show the ticket next time. Both tabs of a browser have the same."""
    response.set_cookie(
        COOKIE,
        ticket,
        max_age=TICKET_LIFE,
        path="/checkout/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def go_and_wait(request: HttpRequest, typed: Mapping[str, Any], ticket: str) -> HttpResponse:
    """Lead to the waiting room, and remember the order a customer sent, to place it when it is their turn."""
    request.session[_SESSION_KEY] = {
        name: typed.get(name, "") for name in (*CheckoutForm.base_fields, *PointsForm.base_fields)
    }
    response = redirect("shop:waiting_room")
    keep_ticket(response, ticket)
    return response


def recall_order(request: HttpRequest) -> dict[str, str] | None:
    """Return the order that waits, as the checkout form was filled in."""
    order: dict[str, str] | None = request.session.get(_SESSION_KEY)
    return order


def forget_order(request: HttpRequest) -> None:
    """Wait no more: the order is placed, refused, or not wanted."""
    request.session.pop(_SESSION_KEY, None)


def drop_ticket(response: HttpResponse) -> None:
    """Have the browser throw its ticket away."""
    response.delete_cookie(COOKIE, path="/checkout/", samesite="Lax")
