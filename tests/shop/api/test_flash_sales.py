"""Flash sales as programs see them."""

import datetime as dt

import pytest
from django.utils import timezone

from orders.models import Order
from shop.models import FlashSale
from shop.sale_board import forget_board
from shop.services.flash_sales import end_flash_sale
from tests.shop.api.calls import assert_problem, make_customer, post_order
from tests.shop.selling import HOUR, make_sale

pytestmark = pytest.mark.django_db


def read(client, sale):
    forget_board()
    return client.get(f"/api/v1/products/{sale.product_slug}/").json()["flash_sale"]


def test_a_product_shows_its_open_sale(client, settings):
    sale = make_sale(units=7, limit_per_customer=2)
    shown = {
        "sku": sale.sku,
        "name": "Noon deal",
        "price": {"amount": 900, "currency": settings.SHOP_CURRENCY},
        "starts_at": sale.starts_at.isoformat().replace("+00:00", "Z"),
        "ends_at": sale.ends_at.isoformat().replace("+00:00", "Z"),
        "remaining": 7,
        "limit_per_customer": 2,
    }
    assert read(client, sale) == shown
    (product,) = client.get("/api/v1/products/").json()["results"]
    assert product["flash_sale"] == shown
    assert sale.sku not in [variant["sku"] for variant in product["variants"]]


def test_a_product_shows_the_sale_to_come_and_none_that_is_over(client):
    sale = make_sale(starts_at=timezone.now() + HOUR / 2)
    coming = read(client, sale)
    assert (coming["sku"], coming["limit_per_customer"]) == (sale.sku, None)
    end_flash_sale(sale_id=sale.id, actor="test", now=timezone.now())
    assert read(client, sale) is None


def test_an_offer_is_ordered_by_its_own_sku(client):
    sale = make_sale(payment_window_seconds=300)
    placed = post_order(client, (sale.sku, 2))
    assert placed.status_code == 201
    assert placed.json()["total"]["amount"] == 1800
    order = Order.objects.get()
    assert order.payment_due_at - order.placed_at == dt.timedelta(seconds=300)
    assert client.get(f"/api/v1/stock/{sale.sku}/").json() == {"sku": sale.sku, "available": 8}


@pytest.mark.parametrize("starts_in", [HOUR / 2, -2 * HOUR])
def test_outside_of_its_sale_an_offer_is_not_there(client, starts_in):
    sale = make_sale()
    FlashSale.objects.update(starts_at=timezone.now() + starts_in, ends_at=timezone.now() + starts_in + HOUR)
    problem = assert_problem(post_order(client, (sale.sku, 1)), 422, "product-unavailable")
    assert problem["errors"] == [{"sku": sale.sku}]
    assert_problem(client.get(f"/api/v1/stock/{sale.sku}/"), 404, "sku-not-found")


def test_a_replay_gives_the_order_also_when_the_sale_is_over(client):
    sale = make_sale()
    placed = post_order(client, (sale.sku, 1), key="once")
    end_flash_sale(sale_id=sale.id, actor="test", now=timezone.now())
    again = post_order(client, (sale.sku, 1), key="once")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["number"] == placed.json()["number"]


def test_an_account_and_its_email_share_one_limit(client):
    sale = make_sale(limit_per_customer=2)
    _user, headers = make_customer()
    assert post_order(client, (sale.sku, 1), headers=headers, email="a@example.com").status_code == 201
    assert post_order(client, (sale.sku, 1), headers=headers, email="b@example.com").status_code == 201
    for who in (
        {"headers": headers, "email": "c@example.com"},
        {"email": " A@EXAMPLE.COM "},
        {"email": "fresh@example.com", "lines": [{"sku": sale.sku, "quantity": q} for q in (1, 2)]},
    ):
        refused = post_order(client, (sale.sku, 2), **who)
        assert refused.status_code == 409, refused.content
    assert post_order(client, (sale.sku, 2), email="d@example.com").status_code == 201
