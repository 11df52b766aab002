"""What is shown when a page failed."""

import sys

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from shop.middleware import answer_unavailable, is_unavailable


def show_server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 if the database was the reason, else 500. For `handler500`.

    Errors of sessions and log-in come here without passing DatabaseUnavailableMiddleware.process_exception.
    """
    if is_unavailable(sys.exc_info()[1]):
        return answer_unavailable(request)
    return defaults.server_error(request)
