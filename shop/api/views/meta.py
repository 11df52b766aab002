"""What the API says about itself: its schema, its problems, and addresses that lead nowhere."""

from typing import Any

from django.http import Http404, HttpResponseBase, HttpResponsePermanentRedirect
from django.urls import Resolver404, resolve
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from shop.api.base import ApiView
from shop.api.documentation import document
from shop.api.problem_kinds import BY_CODE


class SchemaView(SpectacularAPIView):
    """`schema/`: the OpenAPI description, in YAML or JSON as the Accept header asks."""

    authentication_classes = ()


class DocsView(SpectacularSwaggerSplitView):
    """`docs/`: the description as a page to read and try, without inline style, which the CSP refuses."""

    authentication_classes = ()
    url_name = "api:schema"
    template_name = "shop/api/docs.html"


class ProblemTypeOutput(serializers.Serializer[Any]):
    """A kind of problem."""

    type = serializers.CharField()
    code = serializers.CharField()
    status = serializers.IntegerField()
    title = serializers.CharField()


class ProblemTypeView(ApiView):
    """`problems/{code}`: where the `type` of a problem document leads."""

    authentication_classes = ()

    @document(
        tag="problems",
        operation_id="get_problem_type",
        summary="A kind of problem",
        responses={200: ProblemTypeOutput},
        problems=["not-found"],
    )
    def get(self, request: Request, code: str) -> Response:
        """Say what a problem's code means."""
        if code not in BY_CODE:
            raise Http404
        return Response(ProblemTypeOutput(BY_CODE[code]).data)


class NowhereView(ApiView):
    """Everything else under /api/v1/: a problem document, or the way to the same address with its slash."""

    authentication_classes = ()

    @extend_schema(exclude=True)
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send the caller to the address with a slash if there is one; 308 keeps method and body."""
        path = request.path
        if not path.endswith("/") and _exists(path + "/"):
            query = request.META.get("QUERY_STRING", "")
            return PermanentRedirect(path + "/" + (f"?{query}" if query else ""))
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse, whatever the method."""
        super().initial(request, *args, **kwargs)
        raise Http404


class PermanentRedirect(HttpResponsePermanentRedirect):
    """A 308: unlike a 301 it does not turn a POST into a GET."""

    status_code = 308


def _exists(path: str) -> bool:
    try:
        return resolve(path).func.view_class is not NowhereView  # type: ignore[attr-defined]
    except (Resolver404, AttributeError):
        return False
