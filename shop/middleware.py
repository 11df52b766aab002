"""What the site says while the database is away or too busy."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template import loader

from shop.api.problem_kinds import BY_CODE, CONTENT_TYPE
from shop.api.problems import describe
from shop.availability import RETRY_AFTER_SECONDS, explain_to_program, is_unavailable


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
        return answer_unavailable(request, exception) if is_unavailable(exception) else None


def answer_unavailable(request: HttpRequest, exception: BaseException | None) -> HttpResponse:
    """Return a 503 for people or for programs. Reads nothing, neither database nor session."""
    response: HttpResponse
    if request.path.startswith("/api/"):
        problem = describe(BY_CODE["busy"], detail=explain_to_program(exception), instance=request.path)
        response = JsonResponse(problem, status=503, content_type=CONTENT_TYPE)
    else:
        page = loader.get_template("503.html").render({"reload": request.method in ("GET", "HEAD")})
        response = HttpResponse(page, status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response["Cache-Control"] = "no-store"
    return response
