"""The kinds of problems that the API reports: one table from what was raised to status, code and title."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, UnreadablePostError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions

from inventory.errors import InvalidQuantity, OutOfStock, StockBusy, UnknownSku
from orders.errors import (
    AllowanceExceeded,
    IdempotencyKeyReused,
    InvalidOrder,
    OrderNotCancellable,
    OrderNotFound,
    OrderNotPayable,
    PointsMissing,
    TooManyUnpaid,
)
from payments.errors import GatewayUnavailable, InvalidSignature, MalformedEvent, UnknownGateway
from shop.api import errors as api
from shop.availability import RETRY_AFTER_SECONDS
from shop.delivery.errors import NotDeliverable, ShippingMethodUnavailable
from shop.errors import PointsNotTaken, ProductNotFound, ProductUnavailable
from shop.gate.errors import MustWait
from shop.promotions.errors import CouponRefused, CouponUsedUp, TooManyWrongCoupons

CONTENT_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "/api/v1/problems/"

# Room comes when an order is paid, cancelled or expires: within minutes, not within the second.
UNPAID_RETRY_AFTER_SECONDS: Final = 60


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
    Problem(
        "second-step-required", 401, _("A code for the second step is needed"), (api.SecondStepRequired,)
    ),
    Problem(
        "email-unconfirmed", 401, _("The e-mail address has to be confirmed first"), (api.EmailUnconfirmed,)
    ),
    Problem("forbidden", 403, _("Not allowed"), (PermissionDenied, exceptions.PermissionDenied)),
    Problem("not-found", 404, _("There is nothing here"), (Http404, exceptions.NotFound)),
    Problem(
        "method-not-allowed", 405, _("This address does not take that method"), (exceptions.MethodNotAllowed,)
    ),
    Problem("not-acceptable", 406, _("Only JSON is spoken here"), (exceptions.NotAcceptable,)),
    Problem("body-too-large", 413, _("The body is too large"), (api.BodyTooLarge, RequestDataTooBig)),
    Problem("unsupported-media-type", 415, _("Send JSON"), (exceptions.UnsupportedMediaType,)),
    Problem("throttled", 429, _("Too many requests"), (exceptions.Throttled, TooManyWrongCoupons)),
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
    Problem("coupon-invalid", 422, _("The coupon is not valid"), (CouponRefused,)),
    Problem("coupon-used-up", 409, _("The coupon was used as often as it may be"), (CouponUsedUp,)),
    Problem("not-deliverable", 422, _("The shop does not ship there"), (NotDeliverable,)),
    Problem(
        "shipping-method-unavailable",
        422,
        _("This shipping method is not to be had"),
        (ShippingMethodUnavailable,),
    ),
    Problem("points-missing", 409, _("There are not that many points"), (PointsMissing,)),
    Problem("points-not-taken", 422, _("Points cannot be used here"), (PointsNotTaken,)),
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
BY_ERROR: Final = {error: problem for problem in PROBLEMS for error in problem.raised_by}
