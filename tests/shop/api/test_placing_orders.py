"""POST orders/: one order, the right one, or none."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from inventory.selectors import get_stock_level
from tests.shop.api.calls import ORDERS, assert_problem, make_customer, make_variant, post_order
from tests.shop.promotions.making import make_coupon

pytestmark = pytest.mark.django_db


def test_an_order_is_placed_and_answered_in_full(client, settings):
    sku = make_variant(on_hand=5, price=1250)
    response = post_order(client, (sku, 2))
    assert response.status_code == 201
    order = response.json()
    assert order["status"] == "pending"
    assert order["total"] == {"amount": 2500, "currency": settings.SHOP_CURRENCY}
    assert [(line["sku"], line["quantity"], line["line_total"]) for line in order["lines"]] == [
        (sku, 2, 2500)
    ]
    due = dt.datetime.fromisoformat(order["payment_due_at"])
    assert order["payment_due_at"].endswith("Z")
    assert 0 < (due - timezone.now()).total_seconds() <= settings.PAYMENT_WINDOW_SECONDS
    assert response.headers["Location"] == f"{ORDERS}{order['number']}/"
    assert "Idempotent-Replayed" not in response.headers
    assert get_stock_level(sku=sku).available == 3


def test_times_are_utc_whatever_the_shops_time_zone(client, settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    order = post_order(client, (make_variant(), 1)).json()
    assert order["placed_at"].endswith("Z")


def test_the_same_key_again_gives_the_first_order_and_says_so(client):
    sku = make_variant(on_hand=1)
    key = uuid.uuid4().hex
    first = post_order(client, (sku, 1), key=key)
    again = post_order(client, (sku, 1), key=key)
    assert again.status_code == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert get_stock_level(sku=sku).available == 0


def test_a_key_in_quotes_is_the_same_key(client):
    sku = make_variant()
    key = uuid.uuid4().hex
    first = post_order(client, (sku, 1), key=key).json()
    assert post_order(client, (sku, 1), key=f'"{key}"').json()["number"] == first["number"]


def test_a_key_used_for_another_request_is_refused(client):
    sku = make_variant(on_hand=5)
    key = uuid.uuid4().hex
    post_order(client, (sku, 1), key=key)
    assert_problem(post_order(client, (sku, 2), key=key), 422, "idempotency-key-reused")
    assert get_stock_level(sku=sku).available == 4


def test_two_customers_may_use_the_same_key(client):
    sku = make_variant(on_hand=5)
    _ann, as_ann = make_customer("ann@example.com")
    _bob, as_bob = make_customer("bob@example.com")
    numbers = {
        post_order(client, (sku, 1), key="1", headers=headers).json()["number"]
        for headers in (as_ann, as_bob, {})
    }
    assert len(numbers) == 3


def test_without_a_key_nothing_is_ordered(client):
    sku = make_variant(on_hand=5)
    body = {"email": "buyer@example.com", "lines": [{"sku": sku, "quantity": 1}]}
    assert_problem(client.post(ORDERS, body, content_type="application/json"), 400, "idempotency-key-missing")
    assert get_stock_level(sku=sku).available == 5


@pytest.mark.parametrize(
    "key", ["a b", "x" * 256, '"open', '""', '"a b"', "clé", '"' + "x" * 256 + '"', "a\tb"]
)
def test_an_unusable_key_is_refused(client, key):
    assert_problem(post_order(client, (make_variant(), 1), key=key), 400, "idempotency-key-invalid")


@pytest.mark.parametrize("key", ["x" * 255, "!~", '"' + "x" * 255 + '"', r'"a\"b"', "a,b"])
def test_a_usable_key_is_taken(client, key):
    assert post_order(client, (make_variant(), 1), key=key).status_code == 201


def test_out_of_stock_lists_every_shortfall(client):
    short, shorter, plenty = make_variant(on_hand=1), make_variant(on_hand=0), make_variant(on_hand=9)
    problem = assert_problem(post_order(client, (short, 2), (shorter, 1), (plenty, 1)), 409, "out-of-stock")
    assert sorted(problem["errors"], key=lambda error: error["available"]) == [
        {"sku": shorter, "requested": 1, "available": 0},
        {"sku": short, "requested": 2, "available": 1},
    ]
    assert get_stock_level(sku=plenty).available == 9


def test_the_same_sku_twice_is_added_up(client):
    sku = make_variant(on_hand=3)
    problem = assert_problem(post_order(client, (sku, 2), (sku, 2)), 409, "out-of-stock")
    assert problem["errors"] == [{"sku": sku, "requested": 4, "available": 3}]
    assert post_order(client, (sku, 2), (sku, 1)).status_code == 201
    assert get_stock_level(sku=sku).available == 0


def test_unknown_and_unpublished_skus_are_named(client):
    hidden = make_variant(is_published=False)
    problem = assert_problem(
        post_order(client, (hidden, 1), ("NOPE", 1), (make_variant(), 1)), 422, "product-unavailable"
    )
    assert {error["sku"] for error in problem["errors"]} == {hidden, "NOPE"}
    assert get_stock_level(sku=hidden).available == 5


@pytest.mark.parametrize("change", [str.lower, lambda sku: sku + " ", lambda sku: " " + sku])
def test_a_sku_is_taken_to_the_letter(client, change):
    sku = make_variant(sku="EXACT-1")
    assert_problem(post_order(client, (change(sku), 1)), 422, "product-unavailable")


def test_a_coupon_takes_something_off_and_says_so(client):
    make_coupon(usage_limit=1)
    sku = make_variant()
    placed = post_order(client, (sku, 1), coupon="save10").json()
    assert [(each["kind"], each["label"]) for each in placed["adjustments"]] == [("coupon", "SAVE10")]
    assert_problem(post_order(client, (sku, 1), coupon="SAVE10"), 409, "coupon-used-up")


def test_a_coupon_that_is_not_there_is_refused(client):
    sku = make_variant()
    assert_problem(post_order(client, (sku, 1), coupon="SAVE10"), 422, "coupon-invalid")
    assert post_order(client, (sku, 1), coupon="").status_code == 201
    assert post_order(client, (sku, 1), coupon=None).status_code == 201


def test_the_address_is_kept_and_unknown_fields_are_ignored(client):
    address = {"name": "Zoë 张", "line1": "1 High St", "city": "Leeds", "country": "GB", "moon": "no"}
    order = post_order(client, (make_variant(), 1), shipping_address=address, colour="red").json()
    assert order["shipping_address"] == {
        "name": "Zoë 张",
        "line1": "1 High St",
        "city": "Leeds",
        "country": "GB",
    }


def test_a_logged_in_customers_order_is_theirs(client):
    _user, headers = make_customer()
    number = post_order(client, (make_variant(), 1), headers=headers).json()["number"]
    assert [order["number"] for order in client.get(ORDERS, headers=headers).json()["results"]] == [number]


def test_a_free_order_is_paid_at_once(client):
    assert post_order(client, (make_variant(price=0), 1)).json()["status"] == "paid"
