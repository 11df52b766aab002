"""Errors as RFC 9457 problem documents: one table from what was raised to status, code and title."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpResponse, UnreadablePostError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

from inventory.errors import InvalidQuantity, OutOfStock, StockBusy, UnknownSku
from orders.errors import (
    AllowanceExceeded,
    IdempotencyKeyReused,
    InvalidOrder,
    OrderNotCancellable,
    OrderNotFound,
    OrderNotPayable,
    TooManyUnpaid,
)
from payments.errors import GatewayUnavailable, InvalidSignature, MalformedEvent, UnknownGateway
from shop.api import errors as api
from shop.availability import RETRY_AFTER_SECONDS, explain_to_program, is_unavailable
from shop.errors import ProductNotFound, ProductUnavailable
from shop.gate.errors import MustWait

CONTENT_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "/api/v1/problems/"

# Room comes when an order is paid, cancelled or expires: within minutes, not within the second.
UNPAID_RETRY_AFTER_SECONDS: Final = 60

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of problem. `code` is stable; `raised_by` are the errors that mean it."""

    code: str
    status: int
    title: str | Promise
    raised_by: tuple[type[Exception], ...] = ()
    retry_after: int | None = None

    @property
    def type(self) -> str:
        """The problem's own page, relative to the site."""
        return TYPE_PREFIX + self.code


PROBLEMS: Final = (
    # The request itself
    Problem(
        "bad-request", 400, _("The request cannot be understood"), (SuspiciousOperation, UnreadablePostError)
    ),
    Problem(
        "malformed-body", 400, _("The body is not valid JSON"), (api.MalformedBody, exceptions.ParseError)
    ),
    Problem(
        "validation-failed",
        400,
        _("Some fields are not usable"),
        (exceptions.ValidationError, InvalidQuantity, InvalidOrder),
    ),
    Problem("authentication-required", 401, _("Log in first"), (exceptions.NotAuthenticated,)),
    Problem("authentication-failed", 401, _("The token is not valid"), (exceptions.AuthenticationFailed,)),
    Problem("credentials-invalid", 401, _("Wrong e-mail address or password"), (api.CredentialsInvalid,)),
    Problem("forbidden", 403, _("Not allowed"), (PermissionDenied, exceptions.PermissionDenied)),
    Problem("not-found", 404, _("There is nothing here"), (Http404, exceptions.NotFound)),
    Problem(
        "method-not-allowed", 405, _("This address does not take that method"), (exceptions.MethodNotAllowed,)
    ),
    Problem("not-acceptable", 406, _("Only JSON is spoken here"), (exceptions.NotAcceptable,)),
    Problem("body-too-large", 413, _("The body is too large"), (api.BodyTooLarge, RequestDataTooBig)),
    Problem("unsupported-media-type", 415, _("Send JSON"), (exceptions.UnsupportedMediaType,)),
    Problem("throttled", 429, _("Too many requests"), (exceptions.Throttled,)),
    # Catalogue and stock
    Problem("product-not-found", 404, _("No such product"), (ProductNotFound,)),
    Problem("sku-not-found", 404, _("Nothing for sale has this SKU"), (api.SkuNotFound,)),
    Problem(
        "product-unavailable",
        422,
        _("Something in the order is not for sale"),
        (ProductUnavailable, UnknownSku),
    ),
    Problem("out-of-stock", 409, _("Not enough in stock"), (OutOfStock,)),
    Problem("waiting-room", 503, _("Many want this at once; there is a line"), (MustWait,)),
    Problem(
        "purchase-limit-reached", 409, _("More than one customer may have of this"), (AllowanceExceeded,)
    ),
    # Orders
    Problem(
        "idempotency-key-missing",
        400,
        _("The Idempotency-Key header is missing"),
        (api.IdempotencyKeyMissing,),
    ),
    Problem(
        "idempotency-key-invalid",
        400,
        _("The Idempotency-Key header is not usable"),
        (api.IdempotencyKeyInvalid,),
    ),
    Problem(
        "idempotency-key-reused",
        422,
        _("The idempotency key belongs to another request"),
        (IdempotencyKeyReused,),
    ),
    Problem("coupon-invalid", 422, _("The coupon is not valid"), (api.CouponInvalid,)),
    Problem(
        "too-many-unpaid",
        429,
        _("Pay or cancel what is ordered already, then order more"),
        (TooManyUnpaid,),
        UNPAID_RETRY_AFTER_SECONDS,
    ),
    Problem("order-not-found", 404, _("No such order"), (OrderNotFound,)),
    Problem("order-not-payable", 409, _("The order cannot be paid"), (OrderNotPayable,)),
    Problem("order-not-cancellable", 409, _("The order cannot be cancelled"), (OrderNotCancellable,)),
    # Payments
    Problem("gateway-unknown", 404, _("No such payment gateway"), (UnknownGateway,)),
    Problem("gateway-unavailable", 503, _("The payment gateway does not answer"), (GatewayUnavailable,), 5),
    Problem("signature-invalid", 400, _("The event is not signed by the gateway"), (InvalidSignature,)),
    Problem("event-malformed", 400, _("The event cannot be read"), (MalformedEvent,)),
    # The shop
    Problem("busy", 503, _("The shop is busy; try again in a moment"), (StockBusy,), RETRY_AFTER_SECONDS),
    Problem("internal-error", 500, _("Something went wrong on our side")),
)
BY_CODE: Final[Mapping[str, Problem]] = {problem.code: problem for problem in PROBLEMS}
# What these say is for the log: a library wrote it, or it tells what nobody needs to know.
_TITLE_SAYS_IT: Final = (
    *(SuspiciousOperation, PermissionDenied, Http404, UnreadablePostError),
    *(GatewayUnavailable, MalformedEvent),
)
_BY_ERROR: Final = {error: problem for problem in PROBLEMS for error in problem.raised_by}


def handle_exception(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer what a view raised; None for a bug, which goes on to Django's own logging and `handler500`."""
    problem = find_problem(error)
    if problem is None:
        return None
    content = describe_error(problem, error, instance=context["request"].path)
    response = Response(content, status=problem.status, content_type=CONTENT_TYPE)
    if isinstance(error, OutOfStock | MustWait):
        keep_out_of_log(response)
    if (wait := _find_wait(problem, error)) is not None:
        response["Retry-After"] = str(wait)
    if problem.status == 401:
        response["WWW-Authenticate"] = "Token"
    return response


def find_problem(error: Exception) -> Problem | None:
    """Return the kind of problem an error means, by its class or the nearest of its bases."""
    if is_unavailable(error):
        # Django logs the answer: a database that is away is worth one line for each request, not two.
        logger.debug("nothing to be had from the database: %r", error)
        return BY_CODE["busy"]
    return next((_BY_ERROR[kind] for kind in type(error).__mro__ if kind in _BY_ERROR), None)


def describe_error(problem: Problem, error: Exception, *, instance: str) -> dict[str, Any]:
    """Return the problem document for what was raised."""
    detail, errors = _explain(problem, error), _list_errors(error)
    content = describe(problem, detail=detail, instance=instance, errors=errors)
    return {**content, **_add_members(error)}


def keep_out_of_log(response: HttpResponse) -> None:
    """Have Django write no line about this refusal.

    Being sold out is business as usual, counted in /metrics. In a sale it is most of what is answered, and a
    line for each costs as much as the answer.
    """
    response._has_been_logged = True  # type: ignore[attr-defined]


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
    if isinstance(error, MustWait):
        return math.ceil(error.waiting.poll_seconds)
    return problem.retry_after
