"""Ordinary orders of guests are answered as they come from the web server, before Django is asked.

Django's request, its middleware and Django REST framework take longer than the order does, and nearly every
request of a sale is one of these: JSON of the usual size, by a guest, with nothing wrong about it. The same
functions judge, place and show it here as in `shop.api.views.orders`, and a test holds the answers of both to
each other. Whatever is not ordinary goes the usual way, and so does what goes wrong without being a refusal.

When everybody wants what is gone, the refusal is given from what the process remembers
(`inventory.sold_out`), after one indexed read, shared with others who ask at that moment: whether the key has
an order already.
"""

import io
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.http import UnreadablePostError
from django.utils import translation
from rest_framework.renderers import JSONRenderer

from inventory.errors import OutOfStock
from inventory.selectors import recall_shortfall, remembers_refusals
from inventory.types import Shortfall
from orders.selectors import is_key_used
from shop.api.base import API_HEADERS
from shop.api.errors import ApiError
from shop.api.idempotency import GUEST_SCOPE, read_idempotency_key
from shop.api.order_input import decode_plain_order
from shop.api.parsing import JsonParser, decode_json
from shop.api.placing import place_requested
from shop.api.problem_kinds import CONTENT_TYPE
from shop.api.problems import answer_error
from shop.api.site_headers import find_site_headers
from shop.metrics import count_early_refusal
from shop.order_requests import OrderRequest

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_ORDERS: Final = "/api/v1/orders/"
# An ordinary order has a few hundred.
_MAX_BYTES: Final = 4_000
_JSON: Final = JsonParser.media_type
_SENT: Final = frozenset(
    {_JSON, f"{_JSON}; charset=utf-8", f"{_JSON};charset=utf-8", f"{_JSON}; charset=UTF-8"}
)
_ACCEPTED: Final = frozenset({"", "*/*", _JSON, CONTENT_TYPE, f"{_JSON}, */*", f"{_JSON}, text/plain, */*"})

logger = logging.getLogger("django.request")


class Answer(NamedTuple):
    """What goes back to the web server."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class GuestOrders:
    """A WSGI application around Django's, which gets every request that is not answered here."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        if environ["PATH_INFO"] != _ORDERS:
            return self._application(environ, start_response)
        # As Django does before each request; what this one leaves behind, the next one looks at.
        close_old_connections()
        answer = answer_guest_order(environ)
        if answer is None:
            return self._application(environ, start_response)
        start_response(_LINES[answer.status], answer.headers)
        return [answer.body]


def answer_guest_order(environ: Environ) -> Answer | None:
    """Return the answer to an ordinary order of a guest; None if the request is to go the usual way.

    Its body can then be read as if nobody had.
    """
    if not _is_ordinary(environ):
        return None
    site_headers = find_site_headers(environ)
    if site_headers is None:
        return None
    language = _find_language(environ)
    headers = [*site_headers, *_API_HEADERS, ("Content-Language", language)]
    with translation.override(language):
        try:
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        except OSError as error:
            return _refuse(UnreadablePostError(*error.args), headers)
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            key, wanted = read_idempotency_key(environ), decode_plain_order(decode_json(body))
        except ApiError:
            return None
        return None if wanted is None else _answer_order(wanted, key, environ, headers, language)


def _is_ordinary(environ: Environ) -> bool:
    """Say whether a guest sends JSON of the usual size and takes JSON back."""
    length = environ.get("CONTENT_LENGTH") or ""
    return (
        environ["REQUEST_METHOD"] == "POST"
        and environ["PATH_INFO"] == _ORDERS
        and not environ.get("SCRIPT_NAME")
        and "HTTP_AUTHORIZATION" not in environ
        and "HTTP_TRANSFER_ENCODING" not in environ
        and environ.get("CONTENT_TYPE") in _SENT
        and environ.get("HTTP_ACCEPT", "") in _ACCEPTED
        and length.isascii()
        and length.isdigit()
        and int(length) <= _MAX_BYTES
    )


def _answer_order(
    wanted: OrderRequest, key: str, environ: Environ, headers: list[tuple[str, str]], language: str
) -> Answer | None:
    shortfall = _recall_shortfall(wanted)
    try:
        if shortfall and not is_key_used(idempotency_scope=GUEST_SCOPE, idempotency_key=key):
            count_early_refusal()
            return _answer(HTTPStatus.CONFLICT, _render_refusal(shortfall, language), CONTENT_TYPE, headers)
        content, more = place_requested(
            wanted,
            idempotency_scope=GUEST_SCOPE,
            idempotency_key=key,
            path=_ORDERS,
            meta=environ,
        )
    except Exception as error:
        # What nobody foresaw is tried again by the view, to fail there, be logged and get its page: the key
        # makes sure that nothing is ordered twice.
        return _refuse(error, headers)
    return _answer(HTTPStatus.CREATED, JSONRenderer().render(content), _JSON, [*more.items(), *headers])


def _recall_shortfall(wanted: OrderRequest) -> Shortfall | None:
    if not remembers_refusals() or len(wanted.quantities) != 1:
        return None
    [(sku, quantity)] = wanted.quantities
    return recall_shortfall(sku=sku, quantity=quantity)


@lru_cache(maxsize=64)
def _render_refusal(shortfall: Shortfall, _language: str) -> bytes:
    answer = answer_error(OutOfStock([shortfall]), instance=_ORDERS)
    assert answer  # noqa: S101 - being sold out is no bug
    return JSONRenderer().render(answer.content)


def _refuse(error: Exception, headers: list[tuple[str, str]]) -> Answer | None:
    answer = answer_error(error, instance=_ORDERS)
    if answer is None:
        return None
    if answer.is_worth_a_line:
        logger.warning(
            "%s: %s", HTTPStatus(answer.status).phrase, _ORDERS, extra={"status_code": answer.status}
        )
    return _answer(
        answer.status,
        JSONRenderer().render(answer.content),
        CONTENT_TYPE,
        [*answer.headers.items(), *headers],
    )


def _answer(status: int, body: bytes, content_type: str, headers: list[tuple[str, str]]) -> Answer:
    return Answer(
        status, [("Content-Type", content_type), ("Content-Length", str(len(body))), *headers], body
    )


def _find_language(environ: Mapping[str, Any]) -> str:
    if environ.get("HTTP_ACCEPT_LANGUAGE") or environ.get("HTTP_COOKIE"):
        return translation.get_language_from_request(WSGIRequest(dict(environ)))
    return settings.LANGUAGE_CODE


_API_HEADERS: Final = (*API_HEADERS.items(), ("Vary", "Accept-Language"))
_LINES: Final = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
