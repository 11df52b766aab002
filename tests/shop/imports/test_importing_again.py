"""A second import updates what the first one made, and leaves live stock alone."""

from pathlib import Path

import pytest

from inventory.selectors import get_stock_level
from inventory.services import create_stock_item
from orders.models import Order
from shop.models import Category, Product, Variant
from tests.builders import NOW, buy
from tests.shop.imports.loading import FILES, find_product, find_variant, lines, load, load_rows, on_hand
from tests.shop.selling import make_sale

pytestmark = pytest.mark.django_db


def count_everything() -> tuple[int, ...]:
    """Return how many rows an import could have made."""
    return tuple(model.objects.count() for model in (Product, Variant, Category, Order))


@pytest.mark.parametrize("name", ["shopify-old.csv", "shopify-new.csv", "woocommerce.csv"])
def test_a_dry_run_reports_the_same_and_changes_nothing(name: str):
    before = count_everything()
    promised = load(FILES / name, dry_run=True)
    assert count_everything() == before

    done = load(FILES / name)
    assert {**promised.to_dict(), "dry_run": False} == done.to_dict()

    promised = load(FILES / name, dry_run=True)
    assert {**promised.to_dict(), "dry_run": False} == load(FILES / name).to_dict()
    assert promised.products.keys() == {"unchanged"}


def test_names_and_prices_follow_the_file(tmp_path: Path):
    load_rows(tmp_path, "a,Old,,,A-1,5,10")
    report = load_rows(tmp_path, "a,New,,,A-1,5,12.5")

    assert report.products == {"updated": 1}
    assert (find_product("a").name, find_variant("A-1").price_amount) == ("New", 1250)


def test_live_stock_is_left_alone(tmp_path: Path):
    load_rows(tmp_path, "a,A,,,A-1,5,10")
    buy((get_stock_level(sku="A-1"), 2))
    load_rows(tmp_path, "a,A,,,A-1,500,10")

    level = get_stock_level(sku="A-1")
    assert (level.on_hand, level.available) == (5, 3)


def test_setting_stock_keeps_what_is_promised(tmp_path: Path):
    load_rows(tmp_path, "a,A,,,A-1,5,10", "b,B,,,B-1,5,10")
    buy((get_stock_level(sku="A-1"), 2), (get_stock_level(sku="B-1"), 4))
    promised = load_rows(tmp_path, "a,A,,,A-1,9,10", "b,B,,,B-1,3,10", set_stock=True, dry_run=True)
    report = load_rows(tmp_path, "a,A,,,A-1,9,10", "b,B,,,B-1,3,10", set_stock=True)

    level = get_stock_level(sku="A-1")
    assert (level.on_hand, level.available) == (9, 7)
    assert on_hand("B-1") == 5
    assert lines(report.remarks.errors) == [3]
    assert report.products == {"updated": 1, "unchanged": 1}
    assert {**promised.to_dict(), "dry_run": False} == report.to_dict()


def test_a_variant_that_left_the_file_stays(tmp_path: Path):
    load_rows(tmp_path, "a,A,Size,S,A-S,5,10", "a,,,M,A-M,5,10")
    load_rows(tmp_path, "a,A,Size,S,A-S,5,10")

    assert find_variant("A-M").is_active


def test_a_new_variant_joins_its_product(tmp_path: Path):
    load_rows(tmp_path, "a,A,Size,S,A-S,5,10")
    report = load_rows(tmp_path, "a,A,Size,S,A-S,5,10", "a,,,M,A-M,6,10")

    assert report.products == {"updated": 1}
    assert (find_variant("A-M").product.slug, on_hand("A-M")) == ("a", 6)


def test_a_product_whose_handle_changed_is_found_by_its_sku(tmp_path: Path):
    load_rows(tmp_path, "old,A,,,A-1,5,10")
    load_rows(tmp_path, "new,A2,,,A-1,5,10")

    assert [(product.slug, product.name) for product in Product.objects.all()] == [("old", "A2")]


def test_a_sku_of_another_product_is_refused(tmp_path: Path):
    load_rows(tmp_path, "a,A,,,A-1,5,10")
    report = load_rows(tmp_path, "b,B,,,A-1,5,10", "a,A,,,A-2,5,10")

    assert lines(report.remarks.errors) == [2]
    assert find_variant("A-1").product.slug == "a"


def test_a_stock_item_that_exists_gets_its_product_and_keeps_its_units(tmp_path: Path):
    create_stock_item(sku="A-1", on_hand=3, actor="test", now=NOW)
    load_rows(tmp_path, "a,A,,,A-1,50,10")

    assert find_variant("A-1").product.slug == "a"
    assert on_hand("A-1") == 3


def test_a_variant_that_staff_withdrew_stays_withdrawn(tmp_path: Path):
    load_rows(tmp_path, "a,A,,,A-1,5,10")
    Variant.objects.update(is_active=False)
    load_rows(tmp_path, "a,A,,,A-1,5,11")

    assert not find_variant("A-1").is_active


def test_handles_that_the_database_takes_for_the_same_are_two_products(tmp_path: Path):
    rows = ["café,Accent,,,C-1,1,5", "cafe,Plain,,,C-2,1,5"]
    load_rows(tmp_path, *rows)
    report = load_rows(tmp_path, *rows)

    assert find_variant("C-1").product != find_variant("C-2").product
    assert report.products == {"unchanged": 2}


def test_the_cost_does_not_grow_with_a_query_for_each_row(tmp_path: Path, django_assert_max_num_queries):
    rows = [f"p-{number},P {number},,,P-{number},5,10" for number in range(90)]
    load_rows(tmp_path, *rows)

    with django_assert_max_num_queries(12):
        load_rows(tmp_path, *rows)


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_offer_of_a_flash_sale_is_no_business_of_a_file(tmp_path: Path, dry_run: bool):
    load_rows(tmp_path, "a,Mug,,,A-1,30,10")
    sale = make_sale(find_variant("A-1"), units=10, price_amount=900)
    assert sale.sku == "A-1.SALE-1"
    report = load_rows(
        *(tmp_path, "a,Mug,,,A-1,99,11", "a,,,,A-1.SALE-1,99,12"), set_stock=True, dry_run=dry_run
    )
    assert lines(report.remarks.errors) == [3]
    assert "flash sale" in report.remarks.errors.kept[0].reason
    assert (find_variant("A-1.SALE-1").price_amount, on_hand("A-1.SALE-1")) == (900, 10)
    assert on_hand("A-1") == (20 if dry_run else 99)
