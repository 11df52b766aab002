"""Products and stock as programs see them."""

import pytest

from shop.models import Product
from tests.shop.api.calls import assert_problem, make_variant, post_order
from tests.shop.shopping import index_all

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/v1/products/"


def find_slug(sku: str) -> str:
    return Product.objects.get(variants__stock_item__sku=sku).slug


def test_a_product_is_shown_with_its_prices_and_stock(client, settings):
    sku = make_variant(on_hand=3, price=990, name="Kettle")
    product = client.get(f"{PRODUCTS}{find_slug(sku)}/").json()
    assert product["name"] == "Kettle"
    assert product["category"] is None
    assert product["variants"] == [
        {
            "sku": sku,
            "label": "M",
            "options": [{"name": "Size", "value": "M"}],
            "price": {"amount": 990, "currency": settings.SHOP_CURRENCY},
            "available": 3,
        }
    ]


def test_unpublished_products_are_not_there(client):
    sku = make_variant(is_published=False)
    assert client.get(PRODUCTS).json()["results"] == []
    assert_problem(client.get(f"{PRODUCTS}{find_slug(sku)}/"), 404, "product-not-found")
    assert_problem(client.get(f"/api/v1/stock/{sku}/"), 404, "sku-not-found")


def test_products_come_page_by_page_newest_first(client):
    slugs = [find_slug(make_variant()) for _product in range(5)]
    seen, url = [], f"{PRODUCTS}?limit=2"
    while url:
        page = client.get(url).json()
        assert page["count"] == 5
        seen += [product["slug"] for product in page["results"]]
        url = page["next"]
    assert seen == slugs[::-1]
    assert_problem(client.get(f"{PRODUCTS}?limit=2&page=4"), 404, "not-found")


def test_products_are_found_by_word_and_by_sku(client):
    kettle, _mug = make_variant(name="Kettle"), make_variant(name="Mug")
    index_all()
    for search in ("kettle", kettle):
        assert [p["name"] for p in client.get(PRODUCTS, {"search": search}).json()["results"]] == ["Kettle"]


def test_stock_is_what_can_be_ordered_now(client):
    sku = make_variant(on_hand=3, sku="A/B 1")
    post_order(client, (sku, 2))
    response = client.get("/api/v1/stock/A/B%201/")
    assert response.json() == {"sku": sku, "available": 1}
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("sku", ["nope", "exact-1", "EXACT-1%20", "%00", "%F0%9F%98%80", "x" * 1000])
def test_other_skus_are_not_there(client, sku):
    make_variant(sku="EXACT-1")
    assert_problem(client.get(f"/api/v1/stock/{sku}/"), 404, "sku-not-found")
