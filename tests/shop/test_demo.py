"""The demo: there after one command, unchanged after two, and never in somebody's real shop."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from inventory.models import StockItem, StockMovement
from shop.demo import load as load_module
from shop.demo.catalogue import CATEGORIES, PRODUCTS
from shop.demo.load import COUPON, CUSTOMER, STAFF
from shop.models import Product, ProductImage, Variant
from shop.promotions.models import Coupon
from shop.sale_selectors import list_open_sales
from shop.services.flash_sales import end_flash_sale
from tests.shop.shopping import make_product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def load(*options: str) -> Any:
    out = io.StringIO()
    call_command("load_demo", "--json", *options, stdout=out)
    return json.loads(out.getvalue())


def test_the_demo_fills_an_empty_shop_and_a_second_run_changes_nothing(client: Client) -> None:
    assert load() == {
        "products": 40,
        "pictures": ProductImage.objects.count(),
        "sales": 2,
        "users": 2,
    }
    before = (Product.objects.count(), Variant.objects.count(), StockMovement.objects.count())
    StockItem.objects.filter(sku="LANTERN").update(available=1)
    assert load() == {"products": 0, "pictures": 0, "sales": 0, "users": 0}
    assert Coupon.objects.get().code == COUPON
    assert (Product.objects.count(), Variant.objects.count(), StockMovement.objects.count()) == before
    assert StockItem.objects.get(sku="LANTERN").available == 1

    for product in Product.objects.all():
        assert client.get(f"/products/{product.slug}/").status_code == 200, product
    assert {item.locking_strategy for item in StockItem.objects.all()} == {
        "combined",
        "conditional",
        "optimistic",
        "pessimistic",
    }
    assert StockItem.objects.filter(available=0).exists()
    for image in ProductImage.objects.all():
        with Image.open(image.file) as picture:
            assert (picture.format, picture.size) == ("WEBP", (800, 800))

    assert_one_sale_is_open_and_one_is_to_come(client)
    assert_both_log_ins_work()


def assert_one_sale_is_open_and_one_is_to_come(client: Client) -> None:
    now = timezone.now()
    (running,) = list_open_sales(now=now)
    assert (running.name, running.remaining, running.limit_per_customer) == ("Bench Week", 24, 2)
    assert "About 20 left" in client.get(f"/products/{running.product_slug}/").content.decode()
    assert "Starts in" in client.get("/products/enamel-kettle/").content.decode()
    end_flash_sale(sale_id=running.id, actor="test", now=now)
    assert load()["sales"] == 0


def assert_both_log_ins_work() -> None:
    shop = Client()
    shop.post("/accounts/login/", {"login": CUSTOMER[0], "password": CUSTOMER[1]})
    assert shop.get("/account/orders/").status_code == 200
    for name in (STAFF[0], "admin"):
        staff = Client()
        staff.post("/accounts/login/?next=/admin/", {"login": name, "password": STAFF[1]})
        assert staff.get("/admin/").status_code == 200, name


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave only a few products in the demo: drawing all of them takes its time."""
    monkeypatch.setattr(load_module, "PRODUCTS", PRODUCTS[-2:])


@pytest.mark.usefixtures("few")
def test_the_demo_keeps_out_of_a_shop_with_products_of_its_own() -> None:
    make_product("Real thing")
    with pytest.raises(CommandError, match="--force"):
        load()
    assert Product.objects.count() == 1
    assert load("--force")["products"] == 2


@pytest.mark.usefixtures("few")
def test_a_shop_in_yen_has_no_prices_in_hundredths_of_a_yen(settings: Settings, client: Client) -> None:
    settings.SHOP_CURRENCY = "JPY"
    load()
    assert "¥6,400" in client.get("/products/enamel-kettle/").content.decode()


def test_every_demo_product_has_its_own_code_name_and_shelf() -> None:
    assert len(PRODUCTS) == len({product.code for product in PRODUCTS}) == len({p.name for p in PRODUCTS})
    assert {product.category for product in PRODUCTS} == {slug for slug, _name in CATEGORIES}
