"""Promise 8: stop Redis, and the shop still sells, takes money, expires orders and balances its books."""

import datetime as dt
import socket
import uuid

import pytest
from django.core.cache import cache
from django.test import Client

from config.books import check_books
from inventory.selectors import get_stock_level
from orders import selectors as orders
from orders.services import sweep_expired_orders
from shop.models import Cart, Product, Variant
from tests.builders import make_payment_callback, make_stock_item
from tests.emptied import empty_redis

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def without_redis(settings):
    """Point the cache at a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    location = f"redis://127.0.0.1:{port}/0"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": location}}
    assert cache.get("anything") is None


@pytest.fixture
def variant():
    """A product on the shelf, three of it."""
    product = Product.objects.create(name="Kettle", slug="kettle")
    item = make_stock_item(on_hand=3, sku="KETTLE")
    return Variant.objects.create(product=product, stock_item_id=item.id, price_amount=6400)


def place_by_api(quantity):
    """Place an order through the API and return it as the shop knows it."""
    answer = Client().post(
        "/api/v1/orders/",
        {"email": "buyer@example.com", "lines": [{"sku": "KETTLE", "quantity": quantity}]},
        content_type="application/json",
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )
    assert answer.status_code == 201, answer.content
    return orders.get_order(number=answer.json()["number"])


def test_without_redis_orders_are_placed_paid_and_expired_and_the_books_balance(without_redis, variant):
    paid, forgotten = place_by_api(1), place_by_api(2)
    assert get_stock_level(sku="KETTLE").available == 0
    assert make_payment_callback(paid, now=paid.placed_at).deliver().outcome == "applied"
    report = sweep_expired_orders(now=forgotten.payment_due_at + dt.timedelta(seconds=1))
    assert report.cancelled == 1
    assert orders.get_order(number=paid.number).status == "paid"
    assert get_stock_level(sku="KETTLE").available == 2
    assert check_books() == []


def test_without_redis_a_cart_and_a_log_in_are_kept(without_redis, variant, django_user_model):
    django_user_model.objects.create_user("demo", "demo@example.com", "secret-enough-1")
    visitor = Client()
    assert visitor.post("/cart/add/", {"variant": variant.pk, "quantity": 2}).status_code in (200, 302)
    assert b"Kettle" in visitor.get("/cart/").content
    answer = visitor.post("/accounts/login/", {"login": "demo@example.com", "password": "secret-enough-1"})
    assert answer.status_code == 302
    assert b"Kettle" in visitor.get("/cart/").content
    assert visitor.get("/account/orders/").status_code == 200
    assert Cart.objects.get().customer is not None


def test_a_flushed_redis_logs_nobody_out_and_empties_no_cart(variant):
    visitor = Client()
    visitor.post("/cart/add/", {"variant": variant.pk, "quantity": 2})
    empty_redis()
    assert b"Kettle" in visitor.get("/cart/").content


def test_a_log_out_holds_although_redis_did_not_hear_of_it(without_redis, django_user_model):
    user = django_user_model.objects.create_user("demo", "demo@example.com", "secret-enough-1")
    browser, thief = Client(), Client()
    browser.force_login(user)
    thief.cookies.update(browser.cookies)
    assert browser.post("/accounts/logout/").status_code == 302
    assert thief.get("/account/orders/").status_code == 302
