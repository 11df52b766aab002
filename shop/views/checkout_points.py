"""Points on the checkout page: how many there are, how many are wanted, and what is left to pay."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from orders.selectors import count_usable, get_points, get_worth
from orders.types import PointsView
from shop.forms import PointsForm
from shop.views.cart_session import get_customer_id


def read_points(typed: Mapping[str, Any], *, total: int) -> PointsForm:
    """Return the points wanted for an order of this total in minor units.

    Held against the total, not against the balance: the same form sent again must find its order, whose
    points are spent by then.
    """
    return PointsForm({"points": typed.get("points", "")}, most=count_usable(amount=total))


def describe_points(request: HttpRequest, typed: Mapping[str, Any], *, total: int) -> dict[str, Any]:
    """Return what the page shows of points: no form where there is nothing to use and nothing wrong."""
    points, customer_id = PointsView(0, 0), get_customer_id(request)
    if customer_id is not None and settings.POINT_VALUE:
        points = get_points(customer_id=customer_id)
    most = min(points.balance, count_usable(amount=total))
    form = PointsForm({"points": typed.get("points", "")}, most=most)
    discount = get_worth(points=form.wanted)
    return {
        "points_form": form if most or form.errors else None,
        "points": points,
        "points_worth": get_worth(points=points.balance),
        "discount": -discount,
        "to_pay": total - discount,
    }
