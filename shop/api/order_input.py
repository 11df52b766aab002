"""The body of POST orders/: the one place that decodes it.

Unknown fields are ignored, here and in every other body, so that clients may be newer than the shop.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rest_framework import serializers

from inventory.types import SKU_LENGTH
from shop.api.errors import CouponInvalid
from shop.api.fields import CountryField, QuantityField, TextField

MAX_LINES: Final = 200


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What somebody wants to order."""

    email: str
    quantities: tuple[tuple[str, int], ...]
    shipping_address: Mapping[str, str] | None


class LineInput(serializers.Serializer[Any]):
    """Units of one SKU."""

    sku = TextField(min_length=1, max_length=SKU_LENGTH, trim_whitespace=False)
    quantity = QuantityField()


class AddressInput(serializers.Serializer[Any]):
    """Where to send it."""

    name = TextField(max_length=120, required=False, allow_blank=True)
    line1 = TextField(max_length=200, required=False, allow_blank=True)
    line2 = TextField(max_length=200, required=False, allow_blank=True)
    city = TextField(max_length=120, required=False, allow_blank=True)
    postal_code = TextField(max_length=20, required=False, allow_blank=True)
    country = CountryField(required=False, allow_blank=True)


class OrderInput(serializers.Serializer[Any]):
    """An order to be placed. The same SKU may occur twice; its quantities are added."""

    email = serializers.EmailField(max_length=254)
    lines = serializers.ListField(child=LineInput(), min_length=1, max_length=MAX_LINES)
    shipping_address = AddressInput(required=False, allow_null=True)
    coupon = TextField(required=False, allow_null=True, allow_blank=True, max_length=64)


def decode_order(data: Any) -> OrderRequest:
    """Return the order somebody wants. Raises ValidationError with every unusable field, CouponInvalid."""
    decoder = OrderInput(data=data)
    decoder.is_valid(raise_exception=True)
    wanted = decoder.validated_data
    if wanted.get("coupon"):
        raise CouponInvalid("no such coupon")
    address = {name: text for name, text in (wanted.get("shipping_address") or {}).items() if text}
    return OrderRequest(
        email=wanted["email"],
        quantities=tuple((line["sku"], line["quantity"]) for line in wanted["lines"]),
        shipping_address=address or None,
    )
