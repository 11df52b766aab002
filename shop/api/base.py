"""What every view of the API has in common."""

from collections.abc import Sequence
from typing import Any

from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.api.authentication import TokenAuthentication
from shop.api.parsing import JsonNegotiation, JsonParser


class ApiView(APIView):
    """JSON in, JSON or a problem document out; the caller is known by a token, never by a cookie."""

    authentication_classes: Sequence[type[TokenAuthentication]] = (TokenAuthentication,)
    parser_classes = (JsonParser,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = JsonNegotiation

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Keep orders, stock and tokens out of every cache on the way."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        return response
