"""The body of POST orders/: the one place that decodes it.

Unknown fields are ignored, here and in every other body, so that clients may be newer than the shop.

The serializers say what is taken, what is wrong with the rest, and what the schema describes. Most bodies are
right, though, and most orders come when every millisecond counts: `decode_plain_order` takes the right ones
a hundred times faster and leaves everything else to the serializers.
"""

from typing import Any, Final, TypeGuard

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from rest_framework import serializers

from inventory.types import MAX_QUANTITY, SKU_LENGTH
from shop.api.fields import CountryField, PointsField, QuantityField, TextField
from shop.one_line import is_one_line
from shop.order_requests import OrderRequest
from shop.places.countries import list_country_codes

MAX_LINES: Final = 200
MAX_EMAIL_LENGTH: Final = 254
MAX_METHOD_LENGTH: Final = 40
MAX_COUPON_LENGTH: Final = 64
_COUNTRY: Final = "country"


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
    region = TextField(max_length=60, required=False, allow_blank=True)
    country = CountryField(required=False, allow_blank=True)


class OrderInput(serializers.Serializer[Any]):
    """An order to be placed. The same SKU may occur twice; its quantities are added."""

    email = serializers.EmailField(max_length=MAX_EMAIL_LENGTH)
    lines = serializers.ListField(child=LineInput(), min_length=1, max_length=MAX_LINES)
    shipping_address = AddressInput(required=False, allow_null=True)
    shipping_method = TextField(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=MAX_METHOD_LENGTH,
        help_text="The code of a shipping method; without one, the cheapest to the address.",
    )
    coupon = TextField(required=False, allow_null=True, allow_blank=True, max_length=MAX_COUPON_LENGTH)
    points = PointsField(required=False)


ADDRESS_FIELDS: Final = tuple(AddressInput().fields)
_ADDRESS_LENGTHS: Final = {
    name: getattr(field, "max_length", None) or 2 for name, field in AddressInput().fields.items()
}


def decode_order(data: Any, *, customer_id: int | None = None) -> OrderRequest:
    """Return the order somebody wants. Raises ValidationError with every unusable field."""
    plain = decode_plain_order(data, customer_id=customer_id)
    return plain or _decode_with_serializers(data, customer_id=customer_id)


def decode_plain_order(data: Any, *, customer_id: int | None = None) -> OrderRequest | None:
    """Return what the serializers would, if everything is as it should be; None if they must have a look."""
    if type(data) is not dict:
        return None
    email, quantities = data.get("email"), _take_lines(data.get("lines"))
    if not quantities or not _is_email(email):
        return None
    points = data.get("points", 0)
    if type(points) is not int or not 0 <= points <= MAX_QUANTITY:
        return None
    method = _take_choice(data.get("shipping_method"), MAX_METHOD_LENGTH)
    coupon = _take_choice(data.get("coupon"), MAX_COUPON_LENGTH)
    if method is None or coupon is None:
        return None
    address = data.get("shipping_address")
    taken = {} if address is None else _take_address(address)
    if taken is None:
        return None
    return OrderRequest(
        email=email,
        quantities=quantities,
        customer_id=customer_id,
        shipping_address=taken or None,
        shipping_method=method,
        coupon=coupon,
        points=points,
    )


def _decode_with_serializers(data: Any, *, customer_id: int | None = None) -> OrderRequest:
    decoder = OrderInput(data=data)
    decoder.is_valid(raise_exception=True)
    wanted = decoder.validated_data
    address = {name: text for name, text in (wanted.get("shipping_address") or {}).items() if text}
    return OrderRequest(
        email=wanted["email"],
        quantities=tuple((line["sku"], line["quantity"]) for line in wanted["lines"]),
        customer_id=customer_id,
        shipping_address=address or None,
        points=wanted.get("points", 0),
        shipping_method=wanted.get("shipping_method") or "",
        coupon=wanted.get("coupon") or "",
    )


def _take_lines(lines: Any) -> tuple[tuple[str, int], ...] | None:
    if type(lines) is not list or not 1 <= len(lines) <= MAX_LINES:
        return None
    quantities = []
    for line in lines:
        if type(line) is not dict:
            return None
        sku, quantity = line.get("sku"), line.get("quantity")
        if type(quantity) is not int or not 1 <= quantity <= MAX_QUANTITY:
            return None
        if not sku or not _is_text(sku, SKU_LENGTH):
            return None
        quantities.append((sku, quantity))
    return tuple(quantities)


def _take_address(address: Any) -> dict[str, str] | None:
    if type(address) is not dict:
        return None
    taken = {}
    for name, length in _ADDRESS_LENGTHS.items():
        text = address.get(name, "")
        if not _is_text(text, length) or text != text.strip():
            return None
        if text:
            taken[name] = text
    return taken if taken.get(_COUNTRY, "") in list_country_codes() else None


def _take_choice(text: Any, length: int) -> str | None:
    text = "" if text is None else text
    return text if _is_text(text, length) and text == text.strip() else None


def _is_email(value: Any) -> TypeGuard[str]:
    if not _is_text(value, MAX_EMAIL_LENGTH) or value != value.strip():
        return False
    try:
        validate_email(value)
    except ValidationError:
        return False
    return True


def _is_text(value: Any, length: int) -> TypeGuard[str]:
    return type(value) is str and len(value) <= length and is_one_line(value)
