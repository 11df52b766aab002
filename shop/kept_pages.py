"""Pages that look the same to many, rendered once a second for all of them.

What a page shows of its visitor is its language, whether somebody is signed in, and how much is in the cart:
visitors who are alike in these get the same page, at most a second old. No stock is decided by what it shows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Final

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from shop.glances import Glances
from shop.views.cart_session import count_units

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class _Look:
    """All that such a page depends on, beside the catalogue."""

    address: str
    language: str | None
    is_signed_in: bool
    cart_units: int


@dataclass(frozen=True, slots=True)
class _Page:
    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes


_pages: Final[Glances[_Look, _Page]] = Glances(most_keys=200)


def keep_page(view: View) -> View:
    """Have a view asked for the same page once a second at most.

    Its page may show nothing of a visitor but what is said above.
    """

    @wraps(view)
    def show(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if len(get_messages(request)):
            # They are for one visitor, who sees them once.
            return view(request, *args, **kwargs)
        page = _pages.look(_describe(request), lambda: _render(view(request, *args, **kwargs)))
        return HttpResponse(page.content, status=page.status, headers=dict(page.headers))

    return show


def _describe(request: HttpRequest) -> _Look:
    return _Look(
        address=request.get_full_path(),
        language=get_language(),
        is_signed_in=request.user.is_authenticated,
        cart_units=count_units(request),
    )


def _render(response: HttpResponse) -> _Page:
    return _Page(response.status_code, tuple(response.items()), response.content)
