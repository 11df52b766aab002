"""What is shown when a page failed."""

import sys

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from shop.availability import is_unavailable
from shop.middleware import answer_unavailable


def show_server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 if the database was the reason, else 500. For `handler500`.

    Errors of sessions and log-in come here without passing DatabaseUnavailableMiddleware.process_exception.
    """
    error = sys.exc_info()[1]
    if is_unavailable(error):
        return answer_unavailable(request, error)
    return defaults.server_error(request)
