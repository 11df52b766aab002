"""Shopify's files become products."""

from pathlib import Path

import pytest

from shop.models import Category, Product, Variant
from tests.shop.imports.loading import (
    FILES,
    SHOPIFY,
    find_product,
    find_variant,
    lines,
    load,
    load_rows,
    on_hand,
)

pytestmark = pytest.mark.django_db


def test_rows_of_one_handle_are_one_product_with_a_variant_for_each_row_that_sells_something():
    load(FILES / "shopify-old.csv")

    jersey = find_product("harbour-jersey")
    variants = jersey.variants.order_by("position")
    assert [(variant.stock_item.sku, variant.price_amount) for variant in variants] == [
        ("HJ-S-NAVY", 8990),
        ("HJ-M-NAVY", 8990),
        ("harbour-jersey-m-sea-foam", 9500),
    ]
    assert variants[2].options == [["Size", "M"], ["Colour", "Sea / Foam"]]
    assert [on_hand(variant.stock_item.sku) for variant in variants] == [4, 0, 7]


def test_the_newer_headers_say_the_same():
    report = load(FILES / "shopify-new.csv")

    mug = find_product("ferry-mug")
    assert (mug.name, mug.vendor) == ("Ferry Mug", "Quayside")
    assert mug.category == Category.objects.get(name="Kitchen", parent__name="Home & Garden")
    assert {variant.stock_item.sku: variant.label for variant in mug.variants.all()} == {
        "MUG-W": "White",
        "ferry-mug-blue": "Blue",
        "ferry-mug-red": "Red",
    }
    assert not report.has_errors


def test_descriptions_keep_their_text_markup_and_nothing_that_runs():
    load(FILES / "shopify-old.csv")

    description = find_product("harbour-jersey").description
    assert "<b>wind</b>" in description
    assert 'Say "ahoy"' in description
    assert "script" not in description
    assert "onclick" not in description


def test_a_product_with_one_form_has_no_options():
    load(FILES / "shopify-old.csv")

    assert find_variant("tide-clock").options == []
    assert find_product("knot-book").name == 'The "Knot" Book'


def test_drafts_and_unpublished_products_are_imported_but_not_shown():
    load(FILES / "shopify-old.csv")
    load(FILES / "shopify-new.csv")

    hidden = set(Product.objects.filter(is_published=False).values_list("slug", flat=True))
    assert hidden == {"knot-book", "signal-flag"}


def test_selling_on_without_stock_is_refused_and_said():
    report = load(FILES / "shopify-new.csv")

    notes = [
        entry for entry in report.remarks.notes.kept if entry.column == "Continue selling when out of stock"
    ]
    assert [(entry.line, entry.value) for entry in notes] == [(4, "CONTINUE")]
    assert on_hand("ferry-mug-red") == 5


def test_stock_that_the_file_does_not_count_starts_where_the_importer_says(tmp_path: Path):
    load_rows(tmp_path, "a,A,,,A-1,,5")
    load_rows(tmp_path, "b,B,,,B-1,,5", untracked_stock=9)

    assert (on_hand("A-1"), on_hand("B-1")) == (0, 9)


def test_a_bad_price_costs_its_row_only(tmp_path: Path):
    report = load_rows(
        tmp_path,
        "a,A,Size,S,A-S,1,free",
        "a,,,M,A-M,1,-3",
        "a,,,L,A-L,1,",
        'a,,,XL,A-XL,1,"1,234"',
        "a,,,XXL,A-XXL,1,9.999",
        'a,,,One,A-1,1,"$1,234.50"',
    )

    assert lines(report.remarks.errors) == [2, 3, 4, 5, 6]
    assert [entry.column for entry in report.remarks.errors.kept] == ["Variant Price"] * 5
    assert find_variant("A-1").price_amount == 123450
    assert Variant.objects.count() == 1


def test_a_product_without_a_single_good_variant_is_not_created(tmp_path: Path):
    report = load_rows(tmp_path, "a,A,,,A-1,1,free", "b,B,,,B-1,1,5")

    assert [product.slug for product in Product.objects.all()] == ["b"]
    assert report.products == {"created": 1}


def test_stock_that_is_no_number_is_refused_and_less_than_none_is_none(tmp_path: Path):
    report = load_rows(tmp_path, "a,A,,,A-1,many,5", "b,B,,,B-1,2.5,5", "c,C,,,C-1,-4,5", "d,D,,,D-1,3.0,5")

    assert lines(report.remarks.errors) == [2, 3]
    assert (on_hand("C-1"), on_hand("D-1")) == (0, 3)


def test_a_sku_can_stand_in_a_file_once_and_case_tells_skus_apart(tmp_path: Path):
    report = load_rows(tmp_path, "a,A,,,X,1,5", "b,B,,,X,1,5", "c,C,,,x,1,5")

    assert [(entry.line, entry.reason) for entry in report.remarks.errors.kept] == [
        (3, "SKU X is on line 2 already")
    ]
    assert find_variant("X").product.slug == "a"
    assert find_variant("x").product.slug == "c"


def test_options_that_look_alike_in_a_sku_still_get_their_own(tmp_path: Path):
    report = load_rows(tmp_path, "a,A,Size,M/L,,1,5", "a,,,M L,,1,5")

    assert not report.has_errors
    skus = {variant.stock_item.sku for variant in Variant.objects.all()}
    assert len(skus) == 2
    load_rows(tmp_path, "a,A,Size,M/L,,1,5", "a,,,M L,,1,5")
    assert {variant.stock_item.sku for variant in Variant.objects.all()} == skus


@pytest.mark.parametrize("apart", [1, 400])
def test_rows_of_one_handle_may_stand_apart(tmp_path: Path, apart: int):
    between = [f"other-{number},Other {number},,,O-{number},1,5" for number in range(apart)]
    report = load_rows(tmp_path, "a,A,Size,S,A-S,1,5", *between, "a,,,M,A-M,1,6")

    assert not report.has_errors
    assert find_variant("A-M").product == find_variant("A-S").product
    assert report.products["created"] == apart + 1


def test_rows_whose_product_is_nowhere_are_refused(tmp_path: Path):
    report = load_rows(tmp_path, "ghost,,,S,G-S,1,5", ",No Handle,,,N-1,1,5")

    assert lines(report.remarks.errors) == [3, 2]
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("currency", "text", "amount"), [("JPY", "500", 500), ("KWD", "1.234", 1234), ("EUR", '"19,90 €"', 1990)]
)
def test_prices_are_exact_in_the_minor_units_of_the_shops_currency(
    tmp_path: Path, settings, currency, text, amount
):
    settings.SHOP_CURRENCY = currency
    load_rows(tmp_path, f"a,A,,,A-1,1,{text}")

    assert find_variant("A-1").price_amount == amount


def test_a_currency_without_decimals_takes_none(tmp_path: Path, settings):
    settings.SHOP_CURRENCY = "JPY"

    assert load_rows(tmp_path, "a,A,,,A-1,1,5.50").has_errors
    assert load_rows(tmp_path, "a,A,,,A-1,1,€5").has_errors


def test_weights_come_along_and_none_is_no_news(tmp_path: Path):
    header = f"{SHOPIFY},Variant Grams"
    report = load_rows(tmp_path, "a,Anchor,Size,S,A-S,1,9,1250", "a,,,M,A-M,1,9,heavy", header=header)
    assert (find_variant("A-S").weight_grams, find_variant("A-M").weight_grams) == (1250, 0)
    assert (lines(report.remarks.notes), report.has_errors) == ([3], False)
    # How Shopify writes a weight that nobody filled in: what is known stays.
    load_rows(tmp_path, "a,Anchor,Size,S,A-S,1,9,0.0", header=header)
    assert find_variant("A-S").weight_grams == 1250
