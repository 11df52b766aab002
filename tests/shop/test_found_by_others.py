"""What search engines and those who pass on a link are told."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from shop.models import Category, Product
from shop.sitemaps import ProductSitemap
from tests.shop.shopping import make_product, make_variant

pytestmark = pytest.mark.django_db


def read_data(page: str) -> dict[str, Any]:
    """Return a page's structured data by type."""
    [text] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return {thing["@type"]: thing for thing in json.loads(text)["@graph"]}


def list_locations(client: Client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200
    return re.findall(r"<loc>(.*?)</loc>", answer.content.decode())


def test_a_product_is_described_with_true_availability(client: Client) -> None:
    top = Category.objects.create(name="Kitchen", slug="kitchen")
    product = make_product("Kettle", category=Category.objects.create(name="Pots", slug="pots", parent=top))
    for size, on_hand in (("S", 9), ("M", 2), ("L", 0)):
        make_variant(
            product, sku=f"K-{size}", on_hand=on_hand, low_at=3, price=1250, options=[["Size", size]]
        )
    data = read_data(client.get(f"/products/{product.slug}/").content.decode())
    offers = [(offer["sku"], offer["price"], offer["availability"]) for offer in data["Product"]["offers"]]
    assert offers == [
        ("K-S", "12.50", "https://schema.org/InStock"),
        ("K-M", "12.50", "https://schema.org/LimitedAvailability"),
        ("K-L", "12.50", "https://schema.org/OutOfStock"),
    ]
    names = [step["name"] for step in data["BreadcrumbList"]["itemListElement"]]
    assert names == ["Kitchen", "Pots", "Kettle"]


def test_a_name_cannot_end_the_script_it_stands_in(client: Client) -> None:
    name = '</script><script>alert(1)</script><!--"&'
    product = make_product("x", description="<p>Fine &amp; good</p>")
    Product.objects.filter(pk=product.pk).update(name=name)
    make_variant(product)
    page = client.get(f"/products/{product.slug}/").content.decode()
    assert read_data(page)["Product"]["name"] == name
    assert "<script>alert" not in page
    assert '<meta name="description" content="Fine &amp; good">' in page


def test_a_link_to_a_product_shows_what_it_is(client: Client) -> None:
    product = make_variant(make_product("Kettle")).product
    page = client.get(f"/products/{product.slug}/?utm=1").content.decode()
    assert f'<link rel="canonical" href="{settings.SITE_URL}/products/{product.slug}/">' in page
    assert '<meta property="og:title" content="Kettle">' in page


def test_searches_and_narrowed_lists_are_not_for_search_engines(client: Client) -> None:
    make_variant()
    for query in ("?q=x", "?stock=on", "?sort=price"):
        assert b'content="noindex' in client.get(f"/products/{query}").content
    assert b"noindex" not in client.get("/products/").content


def test_the_sitemap_leads_to_every_page_there_is_and_no_other(client: Client, monkeypatch) -> None:
    monkeypatch.setattr(ProductSitemap, "limit", 2)
    Category.objects.create(name="Pots", slug="pots")
    slugs = [make_variant(make_product("Kettle")).product.slug for _number in range(3)]
    hidden = make_product("Secret", is_published=False).slug
    found = []
    for section in list_locations(client, "/sitemap.xml"):
        address = urlsplit(section)
        found += [urlsplit(page).path for page in list_locations(client, f"{address.path}?{address.query}")]
    assert found == ["/", "/products/", "/categories/pots/", *(f"/products/{slug}/" for slug in slugs)]
    assert all(client.get(path).status_code == 200 for path in found)
    assert hidden not in str(found)


@pytest.mark.parametrize(
    "path", ["/sitemap-nope.xml", "/sitemap-products.xml?p=99", "/sitemap-products.xml?p=x"]
)
def test_a_sitemap_that_is_not_there_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_robots_are_kept_out_of_what_is_somebodys_own(client: Client) -> None:
    answer = client.get("/robots.txt")
    assert answer["Content-Type"] == "text/plain"
    text = answer.content.decode()
    assert "Disallow: /orders/" in text
    assert "Sitemap: http://testserver/sitemap.xml" in text
