"""The Content-Security-Policy header, worked out only for answers that do not bring their own."""

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponseBase


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp's middleware, which puts its policy together anew for every answer, needed or not."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the policy of the settings if there is none yet."""
        if HEADER in response:
            return response
        answer: HttpResponseBase = super().process_response(request, response)
        return answer
