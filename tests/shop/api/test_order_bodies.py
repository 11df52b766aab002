"""The fast way to read and to show an order does what the serializers say, which the schema describes."""

import dataclasses
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from orders.types import Adjustment, OrderLineView, OrderView, PlacedOrder
from shop.api.order_input import _decode_with_serializers, decode_plain_order
from shop.api.order_output import OrderOutput, PlacedOrderOutput, show_order, show_placed_order

GOOD: dict[str, Any] = {
    "email": "buyer@example.com",
    "lines": [{"sku": "MUG-1", "quantity": 2}, {"sku": " x ", "quantity": 1}],
    "shipping_address": {"name": "Zoë 张", "line2": "", "city": "Leeds", "country": "GB"},
    "coupon": "SAVE10",
    "points": 5,
    "colour": "red",
}
NOW = dt.datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=dt.UTC)
ORDER = OrderView(
    id=7,
    number="0AM4CRPY22NB6",
    status="pending",
    currency="JPY",
    total_amount=2500,
    email="buyer@example.com",
    customer_id=None,
    shipping_address={"city": "Leeds", "name": "Zoë 张", "moon": "no"},
    payment_due_at=NOW,
    placed_at=NOW.astimezone(dt.timezone(dt.timedelta(hours=8))),
    paid_at=None,
    cancelled_at=NOW,
    fulfilled_at=None,
    refunded_at=None,
    cancel_reason="expired",
    lines=(OrderLineView("MUG-1", "Mug (M)", 1250, 2, 1),),
    adjustments=(Adjustment("points", "5 points", -500, 5),),
)

odd = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3), st.floats(), st.just(10**12), st.just([]), st.just({})
)
# No halves of surrogate pairs: the parser refuses those before anybody decodes them.
text = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["", " ", " DE", "DE", "de", "XX", "\0", "x" * 101, "x" * 201, "　x", "a@b.co"]),
)
value = st.one_of(text, odd)
line = st.one_of(
    st.fixed_dictionaries({}, optional={"sku": value, "quantity": st.one_of(odd, st.integers())}), odd
)
address = st.fixed_dictionaries({}, optional=dict.fromkeys(GOOD["shipping_address"], value))
email = st.one_of(st.sampled_from(["a@example.com", " a@example.com", "a@例子.中国", "a@b.c\u3000"]), value)
body = st.one_of(
    st.fixed_dictionaries(
        {"email": email, "lines": st.one_of(st.lists(line, max_size=3), value)},
        optional={
            "shipping_address": st.one_of(address, value),
            "coupon": value,
            "points": value,
            "colour": value,
        },
    ),
    odd,
)


@given(body)
def test_whatever_the_fast_way_takes_the_serializers_take_alike(data):
    if plain := decode_plain_order(data):
        assert plain == _decode_with_serializers(data)


def test_an_ordinary_body_is_read_the_fast_way_as_the_serializers_read_it():
    assert decode_plain_order(GOOD) == _decode_with_serializers(GOOD)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("email", value) for value in ("nobody", "a" * 250 + "@example.com", None, "")],
        *[("lines", value) for value in ([], [{"sku": "A", "quantity": True}], [{"quantity": 1}], ["A"])],
        *[("lines", [{"sku": sku, "quantity": 1}]) for sku in ("", "x" * 101, "\0")],
        *[("lines", [{"sku": "A", "quantity": quantity}]) for quantity in (0, 10**12, "1", 1.0)],
        ("shipping_address", ""),
        ("shipping_address", []),
        ("shipping_address", {"country": "XX"}),
        ("shipping_address", {"city": None}),
        ("coupon", "x" * 65),
        ("coupon", False),
        ("coupon", 0),
        ("coupon", []),
    ],
)
def test_what_is_wrong_is_left_to_the_serializers(name, value):
    data = {**GOOD, name: value}
    assert decode_plain_order(data) is None
    with pytest.raises(ValidationError):
        _decode_with_serializers(data)


@pytest.mark.parametrize("address", [None, {}, ORDER.shipping_address])
@pytest.mark.django_db
def test_an_order_is_shown_as_the_schema_describes_it(address):
    order = dataclasses.replace(ORDER, shipping_address=address)
    assert show_order(order) == OrderOutput(order).data
    assert show_placed_order(PlacedOrder(order, replayed=False)) == PlacedOrderOutput(order).data
