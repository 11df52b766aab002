"""Django's own error answers, as problem documents under /api/ and as pages everywhere else."""

import sys
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from shop.api.problem_kinds import BY_CODE, CONTENT_TYPE
from shop.api.problems import describe
from shop.availability import is_unavailable
from shop.views.errors import show_server_error

_API: Final = "/api/"


def handle_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400."""
    return _answer(request, "bad-request") or defaults.bad_request(request, exception)


def handle_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404."""
    return _answer(request, "not-found") or defaults.page_not_found(request, exception)


def handle_server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 if the database was the reason. Django has logged the error."""
    if is_unavailable(sys.exc_info()[1]):
        return show_server_error(request)
    return _answer(request, "internal-error") or show_server_error(request)


def _answer(request: HttpRequest, code: str) -> HttpResponse | None:
    if not request.path.startswith(_API):
        return None
    problem = BY_CODE[code]
    content: dict[str, Any] = describe(problem, instance=request.path)
    return JsonResponse(content, status=problem.status, content_type=CONTENT_TYPE)
