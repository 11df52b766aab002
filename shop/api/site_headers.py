"""What the site's middleware says about where a request was sent, worked out once for each address.

For answers that are given before the middleware is asked (`shop.api.guest_orders`).
"""

import io
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware

# All that decides by which scheme and under which name the site was asked.
_ASKED: Final = ("wsgi.url_scheme", "HTTP_HOST", "HTTP_X_FORWARDED_HOST", "SERVER_NAME", "SERVER_PORT")
_NOT_THE_SITES: Final = frozenset({"Content-Type", "Content-Length"})


def find_site_headers(environ: Mapping[str, Any]) -> tuple[tuple[str, str], ...] | None:
    """Return the headers of every answer to such a request; None if the middleware would not let it in.

    It sends to HTTPS who must come that way, and refuses names that are not the site's.
    """
    proxy: tuple[str, str] | None = getattr(settings, "SECURE_PROXY_SSL_HEADER", None)
    names = (*_ASKED, proxy[0]) if proxy else _ASKED
    return _ask_middleware(tuple([environ.get(name) for name in names]), names)


@lru_cache(maxsize=256)
def _ask_middleware(
    values: tuple[str | None, ...], names: tuple[str, ...]
) -> tuple[tuple[str, str], ...] | None:
    asked = {name: value for name, value in zip(names, values, strict=True) if value is not None}
    request = WSGIRequest({**asked, "REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.input": io.BytesIO()})
    ask = SecurityMiddleware(CommonMiddleware(XFrameOptionsMiddleware(_let_in)))
    try:
        answer = ask(request)
    except SuspiciousOperation:
        return None
    if not isinstance(answer, HttpResponse) or answer.status_code != HttpResponse.status_code:
        return None
    return tuple((name, value) for name, value in answer.items() if name not in _NOT_THE_SITES)


def _let_in(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()
