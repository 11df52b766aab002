"""Most answers of a sale: sold out. In a storm they are given before anything else is done.

When everybody wants what is gone, nearly every request ends in the same refusal. Here it is given from what
the process remembers (`inventory.sold_out`), without sessions and views, and after one indexed read: whether
the key has an order already. Only refusals are given here. Whatever is not an ordinary order by a guest for
one SKU, or has a key that was used before, goes the usual way and is judged there.
"""

import contextlib
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, UnreadablePostError
from django.utils import translation

from inventory.errors import OutOfStock
from inventory.selectors import recall_shortfall, remembers_refusals
from inventory.types import Shortfall
from orders.selectors import find_placed
from shop.api.base import API_HEADERS
from shop.api.errors import ApiError, MalformedBody
from shop.api.idempotency import GUEST_SCOPE, read_idempotency_key
from shop.api.order_input import decode_plain_order
from shop.api.parsing import JsonParser, decode_json
from shop.api.problems import BY_CODE, CONTENT_TYPE, Problem, describe_error, keep_out_of_log
from shop.metrics import count_early_refusal

_ORDERS: Final = "/api/v1/orders/"
# An ordinary order has a few hundred.
_MAX_BYTES: Final = 4_000
_ACCEPTED: Final = ("", "*/*", JsonParser.media_type, CONTENT_TYPE)


class SoldOutMiddleware:
    """Refuses orders for what a storm of buyers was just told is gone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse the request if that is certain, else pass it on."""
        if request.path_info == _ORDERS and request.method == "POST" and _is_ordinary(request):
            try:
                shortfall = _find_shortfall(request)
            except UnreadablePostError:
                return _answer(request, BY_CODE["bad-request"])
            if shortfall and not _may_have_order(request):
                count_early_refusal()
                return _answer(request, BY_CODE["out-of-stock"], OutOfStock([shortfall]))
        return self.get_response(request)


def _is_ordinary(request: HttpRequest) -> bool:
    """Say whether a guest sends JSON of the usual size and takes JSON back."""
    given = request.META
    length = given.get("CONTENT_LENGTH") or ""
    return (
        "HTTP_AUTHORIZATION" not in given
        and "HTTP_TRANSFER_ENCODING" not in given
        and given.get("CONTENT_TYPE") == JsonParser.media_type
        and given.get("HTTP_ACCEPT", "") in _ACCEPTED
        and length.isdigit()
        and int(length) <= _MAX_BYTES
    )


def _find_shortfall(request: HttpRequest) -> Shortfall | None:
    if not remembers_refusals():
        return None
    try:
        wanted = decode_plain_order(decode_json(request.body))
    except MalformedBody:
        return None
    if wanted is None or len(wanted.quantities) != 1:
        return None
    [(sku, quantity)] = wanted.quantities
    return recall_shortfall(sku=sku, quantity=quantity)


def _may_have_order(request: HttpRequest) -> bool:
    with contextlib.suppress(ApiError, DatabaseError, InterfaceError):
        key = read_idempotency_key(request)
        return find_placed(idempotency_scope=GUEST_SCOPE, idempotency_key=key) is not None
    return True


def _answer(request: HttpRequest, problem: Problem, error: Exception | None = None) -> HttpResponse:
    """Return the problem as the views would, with the headers that the middleware passed over would add."""
    with translation.override(_find_language(request)):
        content = describe_error(problem, error or Exception(), instance=request.path)
    response = JsonResponse(content, status=problem.status, content_type=CONTENT_TYPE)
    for name, value in API_HEADERS.items():
        response.headers[name] = value
    response["X-Frame-Options"] = "DENY"
    response["Content-Length"] = str(len(response.content))
    keep_out_of_log(response)
    return response


def _find_language(request: HttpRequest) -> str:
    if "HTTP_ACCEPT_LANGUAGE" in request.META or "HTTP_COOKIE" in request.META:
        return translation.get_language_from_request(request)
    return settings.LANGUAGE_CODE
