"""What the site says while the database is away or too busy."""

from collections.abc import Callable
from typing import Final

from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template import loader

from inventory.errors import StockBusy

RETRY_AFTER_SECONDS: Final = 2
# Refused, unreachable or gone; no free connection; shutting down; killed; read-only during a failover; and
# locks that were not to be had outside a stock transaction. Anything else from the database is a bug and
# stays a 500.
_UNAVAILABLE: Final = frozenset(
    {2002, 2003, 2005, 2006, 2013, 2055}
    | {1040, 1203, 1226}
    | {1053, 1317, 1927, 3024, 4031}
    | {1290, 1836}
    | {1020, 1205, 1213}
)


class DatabaseUnavailableMiddleware:
    """Answer 503 with Retry-After when a view fails for want of the database or of a free stock row.

    Errors of the middleware below this one do not come here: Django has made them a 500 by then, so
    `handler500` asks `is_unavailable` too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn a view's error into an answer if coming back later will help."""
        return answer_unavailable(request) if is_unavailable(exception) else None


def is_unavailable(exception: BaseException | None) -> bool:
    """Say whether the database, not the shop, is the reason."""
    if isinstance(exception, StockBusy | InterfaceError):
        return True
    if isinstance(exception, OperationalError | InternalError):
        return bool(exception.args) and exception.args[0] in _UNAVAILABLE
    return False


def answer_unavailable(request: HttpRequest) -> HttpResponse:
    """Return a 503 for people or for programs. Reads nothing, neither database nor session."""
    response: HttpResponse
    if request.path.startswith("/api/"):
        problem = {
            "type": "about:blank",
            "title": "Busy",
            "status": 503,
            "code": "busy",
            "detail": "The shop is busy or its database is away. Nothing was changed; try again.",
        }
        response = JsonResponse(problem, status=503, content_type="application/problem+json")
    else:
        page = loader.get_template("503.html").render({"reload": request.method in ("GET", "HEAD")})
        response = HttpResponse(page, status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response["Cache-Control"] = "no-store"
    return response
