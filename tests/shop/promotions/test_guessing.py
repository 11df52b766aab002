"""Whoever guesses coupons is slowed down, at every door; whoever has one is not."""

import uuid
from typing import Any

import pytest
from django.test import Client
from rest_framework.throttling import SimpleRateThrottle

from orders.models import Order
from tests.shop.api.calls import assert_problem, post_order
from tests.shop.promotions.making import make_coupon
from tests.shop.shopping import add, fill, make_customer, make_variant, open_checkout

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
MOST = 3


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow few guesses."""
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"coupon": f"{MOST}/hour"})


def use(client: Client, code: str) -> str:
    """Type a code in the cart and return what the cart looks like then."""
    return str(client.post("/cart/coupon/", {"coupon": code}, headers=HTMX).content.decode())


def order(client: Client, code: str, **headers: str) -> Any:
    """Order a mug by the API."""
    return post_order(client, (make_variant().stock_item.sku, 1), coupon=code, headers=headers)


def test_guessing_in_the_cart_ends_at_every_door_and_says_for_how_long(client: Client) -> None:
    make_coupon("RIGHT")
    add(client, make_variant())
    form = open_checkout(client, coupon="RIGHT")
    for number in range(MOST):
        assert "No coupon with this code is valid now." in use(client, f"WRONG-{number}")
    assert "Too many codes were not valid. Please try again in 60 minutes." in use(client, "RIGHT")
    for answer in (client.post("/checkout/", {**form, "apply": "1"}), client.post("/checkout/", form)):
        assert answer.status_code == 429
        assert 3500 < int(answer["Retry-After"]) <= 3600
        assert "Please try again in 60 minutes." in answer.content.decode()
    part = client.post("/checkout/", {**form, "update": "1"}, headers=HTMX)
    assert part.status_code == 200
    assert "Please try again in 60 minutes." in part.content.decode()
    refused = order(client, "RIGHT")
    assert_problem(refused, 429, "throttled")
    assert 3500 < int(refused["Retry-After"]) <= 3600
    assert order(client, "").status_code == 201
    client.defaults["REMOTE_ADDR"] = "203.0.113.7"
    assert order(client, "RIGHT").status_code == 201


def test_guessing_by_the_api_ends_and_a_lost_answer_is_still_given_again(client: Client) -> None:
    make_coupon("RIGHT")
    sku, key = make_variant().stock_item.sku, uuid.uuid4().hex
    first = post_order(client, (sku, 1), coupon="RIGHT", key=key)
    for number in range(MOST):
        assert_problem(order(client, f"WRONG-{number}"), 422, "coupon-invalid")
    assert_problem(order(client, "RIGHT"), 429, "throttled")
    again = post_order(client, (sku, 1), coupon="RIGHT", key=key)
    assert (again.status_code, again.json()["number"]) == (201, first.json()["number"])
    assert Order.objects.count() == 1


def test_an_account_is_counted_wherever_it_comes_from(client: Client) -> None:
    make_coupon("RIGHT")
    add(client, make_variant())
    client.force_login(make_customer())
    for number in range(MOST):
        client.defaults["REMOTE_ADDR"] = f"203.0.113.{number}"
        use(client, f"WRONG-{number}")
    client.defaults["REMOTE_ADDR"] = "203.0.113.99"
    assert "Too many codes were not valid." in use(client, "RIGHT")


def test_neither_codes_that_there_are_nor_the_same_mistake_again_count(client: Client) -> None:
    make_coupon("RIGHT")
    make_coupon("LARGE", minimum_amount=50_000)
    make_coupon("GONE", usage_limit=0)
    add(client, make_variant(price=1000))
    for _ in range(MOST + 1):
        for code, said in (
            ("LARGE", "or more"),
            ("GONE", "used up"),
            ("TYPO", "No coupon with"),
            ("right", "$9.00"),
        ):
            assert said in use(client, code)
    page = client.get("/checkout/")
    assert client.post("/checkout/", fill(page.context["page_fields"], coupon="right")).status_code == 302


def test_without_redis_every_coupon_is_looked_at(client: Client, settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    make_coupon("RIGHT")
    for number in range(MOST + 1):
        assert_problem(order(client, f"WRONG-{number}"), 422, "coupon-invalid")
    assert order(client, "RIGHT").status_code == 201
