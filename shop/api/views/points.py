"""The caller's loyalty points."""

from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from orders.selectors import get_points, get_worth
from shop.api.base import ApiView
from shop.api.documentation import document
from shop.api.fields import MoneyField


class PointsOutput(serializers.Serializer[Any]):
    """Points and what they are worth today."""

    balance = serializers.IntegerField(help_text="Points that can be spent.")
    worth = MoneyField(amount="worth")
    owed = serializers.IntegerField(
        help_text="Points of refunded orders that were spent already; the next ones pay them off."
    )


class PointsView(ApiView):
    """`account/points/`."""

    @document(
        tag="points",
        operation_id="get_points",
        summary="The caller's own points",
        responses={200: PointsOutput},
        problems=["authentication-required", "authentication-failed"],
    )
    def get(self, request: Request) -> Response:
        """Show the points of the customer whose token this is."""
        if not request.user.is_authenticated:
            raise NotAuthenticated
        points = get_points(customer_id=request.user.pk)
        worth = {"amount": get_worth(points=points.balance), "currency": settings.SHOP_CURRENCY}
        return Response({"balance": points.balance, "worth": worth, "owed": points.owed})
