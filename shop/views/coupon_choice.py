"""The coupon that a visitor typed: kept in the session from the cart to the checkout, until it is used."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from shop.pricing.types import Quote
from shop.promotions.errors import CouponRefused, TooManyWrongCoupons
from shop.promotions.wording import explain_refused

_SESSION_KEY: Final = "coupon"


def keep_coupon(request: HttpRequest, code: str) -> None:
    """Remember a code as it was typed; an empty one forgets it."""
    if code != recall_coupon(request):
        request.session[_SESSION_KEY] = code


def recall_coupon(request: HttpRequest) -> str:
    """Return the code that was typed last; empty for none."""
    return str(request.session.get(_SESSION_KEY, ""))


def answer_guesses(response: HttpResponse, problem: object) -> None:
    """Have an answer say that a coupon came too soon after many wrong ones, if that is its problem."""
    if isinstance(problem, TooManyWrongCoupons):
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response["Retry-After"] = str(problem.seconds)


def find_refusal(quote: Quote) -> CouponRefused | None:
    """Return why the coupon of a quote is not taken, if it is not."""
    return next((each for each in quote.problems if isinstance(each, CouponRefused)), None)


def describe_coupon(quote: Quote, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page shows of a coupon: what was typed, and why it is not taken."""
    problem = find_refusal(quote)
    return {
        "coupon": str(typed.get("coupon", "")),
        "coupon_problem": explain_refused(problem) if problem else "",
    }
