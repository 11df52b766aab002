"""Which cart belongs to a request."""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from shop import cart_selectors
from shop.services.cart import adopt_cart, create_cart

_SESSION_KEY = "cart_id"


def find_cart(request: HttpRequest) -> int | None:
    """Return the id of the visitor's cart, if they have one. Remembered for the rest of the request.

    A visitor who has just signed in with a cart from before keeps what was in it: it becomes, or joins,
    their own.
    """
    if not hasattr(request, "_cart_id"):
        request._cart_id = _look_up(request)  # type: ignore[attr-defined]
    cart_id: int | None = request._cart_id  # type: ignore[attr-defined]
    return cart_id


def count_units(request: HttpRequest) -> int:
    """Return how many units are in the visitor's cart. Remembered: ask when it is as it shall be."""
    if not hasattr(request, "_cart_units"):
        cart_id = find_cart(request)
        found = cart_selectors.count_units(cart_id=cart_id) if cart_id is not None else 0
        request._cart_units = found  # type: ignore[attr-defined]
    units: int = request._cart_units  # type: ignore[attr-defined]
    return units


def open_cart(request: HttpRequest) -> int:
    """Return the id of the visitor's cart, creating one if need be."""
    cart_id = find_cart(request)
    if cart_id is None:
        customer_id = get_customer_id(request)
        cart_id = create_cart(customer_id=customer_id)
        if customer_id is None:
            request.session[_SESSION_KEY] = cart_id
        request._cart_id = cart_id  # type: ignore[attr-defined]
    return cart_id


def get_customer_id(request: HttpRequest) -> int | None:
    """Return the signed-in customer's id, or None for a guest."""
    return None if isinstance(request.user, AnonymousUser) else request.user.pk


def require_customer_id(request: HttpRequest) -> int:
    """Return the signed-in customer's id. Raises PermissionDenied for a guest."""
    customer_id = get_customer_id(request)
    if customer_id is None:
        raise PermissionDenied
    return customer_id


def _look_up(request: HttpRequest) -> int | None:
    # Error pages are rendered for requests that never got as far as a session.
    if not hasattr(request, "session") or not hasattr(request, "user"):
        return None
    customer_id = get_customer_id(request)
    guest_cart_id = request.session.get(_SESSION_KEY)
    if customer_id is None or guest_cart_id is None:
        return cart_selectors.find_cart_id(cart_id=guest_cart_id, customer_id=customer_id)
    adopted = adopt_cart(cart_id=guest_cart_id, customer_id=customer_id, now=timezone.now())
    # Only now: had the move failed, the next request would try again.
    del request.session[_SESSION_KEY]
    return adopted
