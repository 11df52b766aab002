"""What was imported can be found, looked at and bought."""

from pathlib import Path

import pytest
from django.test import Client

from shop.models import Product
from shop.search.words import split_query
from tests.shop.imports.loading import FILES, load
from tests.shop.shopping import add

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", sorted(FILES.glob("*.csv")), ids=lambda path: path.name)
def test_an_import_gives_a_shop_to_look_around_and_buy_in(client: Client, path: Path):
    load(path, untracked_stock=5)
    assert (
        client.get("/products/").context["page"].total
        == Product.objects.filter(is_published=True).count()
        > 0
    )
    bought = 0
    for product in Product.objects.filter(is_published=True):
        page = client.get(f"/products/{product.slug}/")
        assert page.status_code == 200
        for variant in page.context["product"].variants:
            found = client.get("/products/", {"q": variant.sku}).context["page"]
            assert not split_query(variant.sku) or product.pk in {found.id for found in found.products}
        for variant in product.variants.filter(pk=page.context["product"].first_available_id):
            assert add(client, variant).status_code == 302
            bought += 1
    assert bought
    assert len(client.get("/cart/").context["cart"].lines) == bought
