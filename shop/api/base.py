"""What every view of the API has in common."""

from collections.abc import Sequence
from typing import Any, Final

from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.api.authentication import TokenAuthentication
from shop.api.parsing import JsonNegotiation, JsonParser

API_HEADERS: Final = {
    # Orders, stock and tokens stay out of every cache on the way.
    "Cache-Control": "no-store",
    # Should a browser take it for a page, it is one that may load and do nothing.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class ApiView(APIView):
    """JSON in, JSON or a problem document out; the caller is known by a token, never by a cookie."""

    authentication_classes: Sequence[type[TokenAuthentication]] = (TokenAuthentication,)
    parser_classes = (JsonParser,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = JsonNegotiation

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Add the headers that every answer has."""
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in API_HEADERS.items():
            response.headers.setdefault(name, value)
        return response
