"""Whatever is typed into whichever form of the shop, it is answered and nothing is lost."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.selectors import get_stock_level
from orders.models import Order
from shop.models import Variant
from shop.one_line import is_one_line
from tests.shop.shopping import ADDRESS, make_customer, make_variant

pytestmark = pytest.mark.django_db

NASTY = [
    "",
    " ",
    "\x00",
    "a\nb",
    "\u202egnp.exe",
    "<script>alert(1)</script>",
    "'; DROP TABLE orders_order; --",
    "{{ 7 * 7 }}",
    "%s%n%d",
    "😀",
    "9" * 400,
    "-1",
    "1e9",
    "NaN",
    "x" * 70_000,
    "張偉",
]
values = st.sampled_from(NASTY) | st.text(max_size=60)
few = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
FIELDS = [
    *ADDRESS,
    "region",
    "shipping_method",
    "coupon",
    "gateway",
    "checkout_key",
    "shown_lines",
    "expected_total",
]


def assert_answered(answer: Any) -> None:
    assert answer.status_code < 500
    assert b"<script>alert" not in answer.content


def open_checkout(client: Client, variant: Variant) -> dict[str, Any]:
    """Put one into the cart; return what the checkout page sends besides what people type."""
    client.post("/cart/add/", {"variant": variant.pk, "quantity": 1})
    shown: dict[str, Any] = client.get("/checkout/").context["page_fields"]
    return shown


@few
@given(changes=st.dictionaries(st.sampled_from(FIELDS), values, max_size=4))
def test_the_checkout_answers_whatever_is_typed(client: Client, changes: dict[str, str]) -> None:
    variant = make_variant(on_hand=3)
    shown = open_checkout(client, variant)
    orders = Order.objects.count()
    assert_answered(client.post("/checkout/", {**ADDRESS, **shown, "place": "1", **changes}))
    # All or nothing, whatever it was.
    placed = Order.objects.count() - orders
    assert get_stock_level(sku=variant.stock_item.sku).available == 3 - placed
    for order in Order.objects.all():
        assert all(is_one_line(text) for text in (order.shipping_address or {}).values())


@few
@given(value=values, other=values)
def test_every_other_form_answers_whatever_is_typed(client: Client, value: str, other: str) -> None:
    variant = make_variant()
    assert_answered(
        client.get(
            "/products/", {"q": value, "page": other, "min": value, "max": other, "o": value, "sort": other}
        )
    )
    assert_answered(client.post("/cart/add/", {"variant": value, "quantity": other}))
    assert_answered(client.post("/cart/add/", {"variant": variant.pk, "quantity": other}))
    assert_answered(client.post(f"/cart/lines/{variant.pk}/", {"quantity": value}))
    assert_answered(client.post("/language/", {"language": value, "next": other}))
    assert_answered(client.post("/accounts/login/", {"login": value, "password": other}))
    assert_answered(
        client.post("/accounts/signup/", {"email": value, "password1": other, "password2": other})
    )
    assert_answered(client.post("/accounts/password/reset/", {"email": value}))


@few
@given(changes=st.dictionaries(st.sampled_from([*ADDRESS, "region"]), values, max_size=4))
def test_the_address_book_answers_whatever_is_typed(client: Client, changes: dict[str, str]) -> None:
    user = get_user_model().objects.filter(email="ada@example.com").first() or make_customer()
    client.force_login(user)
    assert_answered(client.post("/account/addresses/add/", {**ADDRESS, **changes}))


@pytest.mark.parametrize("text", ["Ada\nByron", "Ada\u202enoryB", "Ada\x07", "Ada\u2028Byron"])
def test_a_name_is_one_line_that_shows_all_there_is_of_it(client: Client, text: str) -> None:
    shown = open_checkout(client, make_variant())
    answer = client.post("/checkout/", {**ADDRESS, **shown, "name": text, "place": "1"})
    assert "Please leave out line breaks and invisible characters." in answer.content.decode()
    assert not Order.objects.exists()
