"""Serializer fields that take what they say and nothing near it."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from inventory.types import MAX_QUANTITY
from shop.one_line import validate_one_line
from shop.places.countries import list_country_codes


class TextField(serializers.CharField):
    """A string of one line; a number is not one."""

    default_validators = [validate_one_line]

    def to_internal_value(self, data: Any) -> str:
        """Return the string. Raises ValidationError."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": "^([A-Z]{2})?$", "description": "ISO 3166-1 alpha-2."})
class CountryField(TextField):
    """The code of a country that the checkout page offers as well: `DE`, not `de` or `Germany`."""

    default_error_messages = {"unknown": _("The two capital letters of a country are needed, say DE.")}

    def to_internal_value(self, data: Any) -> str:
        """Return the code. Raises ValidationError."""
        code = super().to_internal_value(data)
        if code not in list_country_codes():
            self.fail("unknown")
        return code


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MAX_QUANTITY})
class QuantityField(serializers.Field[int, Any, int, Any]):
    """A whole number of units, at least one; `"2"`, `2.0` and `true` are mistakes of the caller."""

    default_error_messages = {"invalid": _("A whole number from 1 to {largest} is needed.")}
    smallest = 1

    def to_internal_value(self, data: Any) -> int:
        """Return the number. Raises ValidationError."""
        if type(data) is not int or not self.smallest <= data <= MAX_QUANTITY:
            self.fail("invalid", largest=MAX_QUANTITY)
        return int(data)

    def to_representation(self, value: int) -> int:
        """Return the number."""
        return value


@extend_schema_field(
    {
        "type": "integer",
        "minimum": 0,
        "maximum": MAX_QUANTITY,
        "description": "How many points to spend; of more than go into the total, as many as do.",
    }
)
class PointsField(QuantityField):
    """A whole number of points, or none."""

    default_error_messages = {"invalid": _("A whole number from 0 to {largest} is needed.")}
    smallest = 0


class TimeField(serializers.DateTimeField):
    """An RFC 3339 time in UTC, whatever time zone the shop's pages use."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=dt.UTC, **kwargs)


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "amount": {"type": "integer", "description": "In minor units: 1250 is $12.50, or ¥1,250."},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
        "required": ["amount", "currency"],
    }
)
class MoneyField(serializers.Field[dict[str, Any], Any, dict[str, Any], Any]):
    """An amount with its currency: the object's own, or the shop's where it has none."""

    def __init__(self, *, amount: str) -> None:
        self.amount_name = amount
        super().__init__(source="*", read_only=True)

    def to_representation(self, value: Any) -> dict[str, Any]:
        """Return amount and currency."""
        currency = getattr(value, "currency", None) or settings.SHOP_CURRENCY
        return {"amount": getattr(value, self.amount_name), "currency": currency}
