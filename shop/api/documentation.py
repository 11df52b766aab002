"""What the OpenAPI description says beyond the serializers: problems, headers, pages."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from shop.api.access import TICKET_HEADER, TOKEN_HEADER
from shop.api.idempotency import HEADER
from shop.api.problem_kinds import BY_CODE, CONTENT_TYPE

ORDER_TOKEN = OpenApiParameter(
    TOKEN_HEADER,
    str,
    OpenApiParameter.HEADER,
    description="The `token` that came with the order; guests need it.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": "^[!#-~][!-~]{0,254}$"},
    OpenApiParameter.HEADER,
    required=True,
    description="A new random value for each new order; the same value again gives the same order.",
)
QUEUE_TICKET = OpenApiParameter(
    TICKET_HEADER,
    str,
    OpenApiParameter.HEADER,
    description="The `ticket` of a `waiting-room` problem, when the same request is sent again.",
)
# Any request can meet these.
_ALWAYS = ("not-acceptable", "busy")


class ProblemOutput(serializers.Serializer[Any]):
    """An RFC 9457 problem document."""

    type = serializers.CharField(help_text="Address of a description of this kind of problem.")
    title = serializers.CharField(help_text="The kind of problem in words, in the caller's language.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What happened this time.")
    instance = serializers.CharField(help_text="The path that was asked for.")
    code = serializers.CharField(help_text="The kind of problem, stable: decide by this one.")
    errors = serializers.ListField(  # type: ignore[assignment]
        child=serializers.DictField(), help_text="What exactly, where there is more to say."
    )
    ticket = serializers.CharField(
        required=False, help_text="`waiting-room` only: send it back as `Queue-Ticket` with the same request."
    )
    place = serializers.IntegerField(
        required=False, help_text="`waiting-room` only: the place in the line, from 1."
    )
    seconds = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="`waiting-room` only: about how long it takes, null if nobody can say.",
    )


def document(
    *,
    summary: str,
    request: Any = None,
    responses: Mapping[int, Any],
    problems: Sequence[str] = (),
    parameters: Sequence[OpenApiParameter] = (),
    tag: str,
    **kwargs: Any,
) -> Callable[[Any], Any]:
    """Describe one operation; `problems` are codes."""
    return extend_schema(
        summary=summary,
        request=request,
        responses={**responses, **_describe_problems([*problems, *_ALWAYS])},
        parameters=list(parameters),
        tags=[tag],
        **kwargs,
    )


def page_parameter(
    name: str, description: str, *, default: int | None = None, maximum: int | None = None
) -> OpenApiParameter:
    """Describe a whole number in the query string."""
    schema: dict[str, Any] = {"type": "integer", "minimum": 1}
    schema |= {"default": default} if default else {}
    schema |= {"maximum": maximum} if maximum else {}
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=description)


def _describe_problems(codes: Sequence[str]) -> dict[tuple[int, str], OpenApiResponse]:
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in dict.fromkeys(codes):
        by_status[BY_CODE[code].status].append(f"`{code}`")
    return {
        (status, CONTENT_TYPE): OpenApiResponse(ProblemOutput, description=", ".join(names))
        for status, names in sorted(by_status.items())
    }
