"""How much a request may carry, decided by what it declares, before a byte of it is read."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, UnreadablePostError
from django.template import loader
from django.views import defaults

from shop.api.parsing import MAX_BODY_BYTES
from shop.api.problem_kinds import BY_CODE, CONTENT_TYPE
from shop.api.problems import describe

_API: Final = "/api/"
_ADMIN: Final = "/admin/"
# Pictures of a product, several in one form.
MAX_ADMIN_BYTES: Final = 50_000_000


class BodyLimitMiddleware:
    """Answer 413 to a request that declares a larger body than its address takes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, unless it is too large."""
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if declared.isdigit() and int(declared) > find_limit(request.path):
            return _refuse(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 400, not 500, to a body that broke off: its sender's doing, and nothing to log a bug for."""
        if isinstance(exception, UnreadablePostError):
            return defaults.bad_request(request, exception)
        return None


def find_limit(path: str) -> int:
    """Return how many bytes the body of a request to this address may have."""
    if path.startswith(_API):
        return MAX_BODY_BYTES
    if path.startswith(_ADMIN):
        return MAX_ADMIN_BYTES
    limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return limit


def _refuse(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(_API):
        problem = BY_CODE["body-too-large"]
        content = describe(problem, instance=request.path)
        return JsonResponse(content, status=problem.status, content_type=CONTENT_TYPE)
    return HttpResponse(loader.get_template("400.html").render(), status=413)
