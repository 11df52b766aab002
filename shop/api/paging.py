"""Lists come in pages: `results`, and in `next` the address of the rest."""

from typing import Any, Final

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.request import Request

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 100
# Beyond any id; keeps what a caller may type within what a BIGINT column compares well.
_MAX_NUMBER: Final = 2**63 - 1


def read_number(
    request: Request, name: str, *, default: int | None = None, maximum: int = _MAX_NUMBER
) -> int | None:
    """Return a whole number from the query string, at least 1. Raises ValidationError."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    if not 1 <= number <= maximum:
        raise serializers.ValidationError({name: f"A whole number from 1 to {maximum} is needed."})
    return number


def read_limit(request: Request) -> int:
    """Return how many results a page has. Raises ValidationError."""
    return read_number(request, "limit", default=DEFAULT_LIMIT, maximum=MAX_LIMIT) or DEFAULT_LIMIT


def link_next(request: Request, **changes: int) -> str:
    """Return this request's address with other values in its query string, relative to the site."""
    query: QueryDict = request.query_params.copy()
    for name, value in changes.items():
        query[name] = str(value)
    return f"{request.path}?{query.urlencode()}"


class PageOutput(serializers.Serializer[Any]):
    """Base of every page's description; the subclass adds `results`."""

    next = serializers.CharField(allow_null=True, help_text="Path of the next page; null on the last.")
