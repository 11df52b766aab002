"""Errors as RFC 9457 problem documents."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

from inventory.errors import OutOfStock, UnknownSku
from orders.errors import AllowanceExceeded, PointsMissing, TooManyUnpaid
from payments.errors import GatewayUnavailable, InvalidSignature, MalformedEvent
from shop.api.problem_kinds import BY_CODE, BY_ERROR, CONTENT_TYPE, Problem
from shop.availability import explain_to_program, is_unavailable
from shop.errors import ProductUnavailable
from shop.gate.errors import MustWait
from shop.promotions.errors import TooManyWrongCoupons

logger = logging.getLogger(__name__)

# What these say is for the log: a library wrote it, or it tells what nobody needs to know.
_TITLE_SAYS_IT: Final = (
    *(SuspiciousOperation, PermissionDenied, Http404, UnreadablePostError),
    *(GatewayUnavailable, MalformedEvent),
)


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """How an error is answered: a problem document, and the headers that belong to it.

    `is_worth_a_line` is false for refusals that are business as usual, counted in /metrics: in a sale they
    are most of what is answered, and a line in the log for each costs as much as the answer.
    """

    status: int
    content: dict[str, Any]
    headers: dict[str, str]
    is_worth_a_line: bool


def handle_exception(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer what a view raised; None for a bug, which goes on to Django's own logging and `handler500`."""
    answer = answer_error(error, instance=context["request"].path)
    if answer is None:
        return None
    response = Response(
        answer.content, status=answer.status, headers=answer.headers, content_type=CONTENT_TYPE
    )
    # Django writes no line about an answer that it takes for logged.
    response._has_been_logged = not answer.is_worth_a_line  # type: ignore[attr-defined]
    return response


def answer_error(error: Exception, *, instance: str) -> ErrorAnswer | None:
    """Return how to answer what was raised for a request to the address `instance`; None for a bug."""
    problem = find_problem(error)
    if problem is None:
        return None
    headers = {"WWW-Authenticate": "Token"} if problem.status == 401 else {}
    if (wait := _find_wait(problem, error)) is not None:
        headers["Retry-After"] = str(wait)
    detail, errors = _explain(problem, error), _list_errors(error)
    content = describe(problem, detail=detail, instance=instance, errors=errors)
    is_worth_a_line = not isinstance(error, OutOfStock | MustWait)
    return ErrorAnswer(problem.status, {**content, **_add_members(error)}, headers, is_worth_a_line)


def find_problem(error: Exception) -> Problem | None:
    """Return the kind of problem an error means, by its class or the nearest of its bases."""
    if is_unavailable(error):
        # Django logs the answer: a database that is away is worth one line for each request, not two.
        logger.debug("nothing to be had from the database: %r", error)
        return BY_CODE["busy"]
    return next((BY_ERROR[kind] for kind in type(error).__mro__ if kind in BY_ERROR), None)


def describe(
    problem: Problem, *, detail: str = "", instance: str, errors: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Return the problem document."""
    return {
        "type": problem.type,
        "title": str(problem.title),
        "status": problem.status,
        "detail": detail or str(problem.title),
        "instance": instance,
        "code": problem.code,
        "errors": list(errors),
    }


def _explain(problem: Problem, error: Exception) -> str:
    """Say what happened this time, without telling anything the caller should not know."""
    if is_unavailable(error):
        return explain_to_program(error)
    if isinstance(error, exceptions.APIException):
        return error.detail if isinstance(error.detail, str) else ""
    if isinstance(error, InvalidSignature):
        return "the signature is missing or malformed, does not fit the body, or is too old"
    if isinstance(error, _TITLE_SAYS_IT):
        return ""
    return str(error)


def _add_members(error: Exception) -> dict[str, Any]:
    """Return what a problem document of this kind holds besides the usual."""
    if not isinstance(error, MustWait):
        return {}
    seconds = error.waiting.seconds
    return {
        "ticket": error.waiting.ticket,
        "place": error.waiting.place,
        "seconds": None if seconds is None else math.ceil(seconds),
    }


def _list_errors(error: Exception) -> list[dict[str, Any]]:
    match error:
        case OutOfStock():
            return [
                {"sku": short.sku, "requested": short.requested, "available": short.available}
                for short in error.shortfalls
            ]
        case AllowanceExceeded():
            return [{"limit": error.limit, "used": error.used}]
        case PointsMissing():
            return [{"wanted": error.wanted, "balance": error.balance}]
        case TooManyUnpaid():
            return [{"limit": error.limit, "open_units": error.open_units}]
        case ProductUnavailable() | UnknownSku():
            return [{"sku": sku} for sku in error.skus]
        case exceptions.ValidationError():
            return list(_flatten(error.detail))
        case _:
            return []


def _flatten(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Yield one entry for each message of DRF's nested errors; `field` is a dotted path, or empty."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            step = "" if key == "non_field_errors" else str(key)
            yield from _flatten(value, ".".join(filter(None, (path, step))))
    elif isinstance(detail, list | tuple):
        for index, value in enumerate(detail):
            nested = isinstance(value, Mapping | list | tuple)
            yield from _flatten(value, ".".join(filter(None, (path, str(index)))) if nested else path)
    else:
        yield {"field": path, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}


def _find_wait(problem: Problem, error: Exception) -> int | None:
    if isinstance(error, exceptions.Throttled):
        return max(1, math.ceil(getattr(error, "wait", None) or 1))
    if isinstance(error, TooManyWrongCoupons):
        return error.seconds
    if isinstance(error, MustWait):
        return math.ceil(error.waiting.poll_seconds)
    return problem.retry_after
