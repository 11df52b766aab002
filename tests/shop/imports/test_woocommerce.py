"""WooCommerce's files become products."""

from pathlib import Path

import pytest

from shop.models import Category, Product
from tests.shop.imports.loading import FILES, find_product, find_variant, lines, load, load_rows, on_hand

pytestmark = pytest.mark.django_db
WOO = "ID,Type,SKU,Name,Stock,Regular price,Parent,Attribute 1 name,Attribute 1 value(s)"


def test_variations_join_their_parent_wherever_they_stand():
    load(FILES / "woocommerce.csv")

    variants = find_product("deck-lamp").variants.order_by("position")
    assert [(variant.stock_item.sku, variant.options, variant.price_amount) for variant in variants] == [
        ("deck-lamp-large-long", [["Size", "Large"], ["Cord", "Long"]], 2500),
        ("Lamp-S", [["Size", "Small"]], 2000),
    ]


def test_skus_that_differ_in_case_are_two_products_of_one_name():
    load(FILES / "woocommerce.csv")

    assert find_variant("Rope").product.slug == "rope"
    assert find_variant("rope").product.slug == "rope-2"
    assert (on_hand("Rope"), on_hand("rope")) == (40, 0)


def test_a_sale_price_counts_while_the_sale_lasts():
    load(FILES / "woocommerce.csv")

    assert find_variant("chart").price_amount == 400
    assert find_variant("old-chart").price_amount == 500


def test_categories_become_a_tree_and_the_deepest_is_the_products():
    load(FILES / "woocommerce.csv")

    outdoor = Category.objects.get(name="Outdoor")
    assert outdoor.parent == Category.objects.get(name="Lights")
    assert find_product("deck-lamp").category == outdoor
    assert Category.objects.filter(name="Books").count() == 1


def test_what_cannot_be_bought_here_has_a_page_that_says_so():
    load(FILES / "woocommerce.csv")

    deck_set, dinghy = find_product("deck-set"), find_product("dinghy-oars")
    assert deck_set.is_published
    assert dinghy.is_published
    assert not deck_set.variants.exists()
    assert "<li>Rope</li><li>Deck Lamp</li><li>Sea Chart</li>" in deck_set.description
    assert 'href="https://boats.example/dinghy"' in dinghy.description
    assert dinghy.name == "Dinghy & Oars"


def test_hidden_and_private_products_are_not_shown():
    load(FILES / "woocommerce.csv")

    hidden = set(Product.objects.filter(is_published=False).values_list("slug", flat=True))
    assert hidden == {"secret", "draft"}


def test_line_breaks_written_out_become_paragraphs():
    load(FILES / "woocommerce.csv")

    description = find_product("deck-lamp").description
    assert description == "<p>Bright.</p>\n<p>For the deck.</p><p>And below.</p>"


def test_backorders_are_refused_and_said():
    report = load(FILES / "woocommerce.csv")

    assert [entry.line for entry in report.remarks.notes.kept if "stock is the limit" in entry.reason] == [4]


def test_importing_again_changes_nothing():
    load(FILES / "woocommerce.csv")
    before = list(Product.objects.order_by("id").values_list())
    report = load(FILES / "woocommerce.csv")

    assert (report.products, report.variants) == ({"unchanged": 9}, {"unchanged": 8})
    assert list(Product.objects.order_by("id").values_list()) == before


def test_the_same_rows_in_another_order_are_the_same_products(tmp_path: Path):
    first, second = "1,simple,A,Twin,1,5,,,", "2,simple,B,Twin,1,6,,,"
    load_rows(tmp_path, first, second, header=WOO)
    slugs = find_variant("A").product.slug, find_variant("B").product.slug
    report = load_rows(tmp_path, second, first, header=WOO)

    assert report.products == {"unchanged": 2}
    assert (find_variant("A").product.slug, find_variant("B").product.slug) == slugs


def test_a_renamed_product_keeps_its_address(tmp_path: Path):
    load_rows(tmp_path, "1,simple,A,Old Name,1,5,,,", header=WOO)
    load_rows(tmp_path, "1,simple,A,New Name,1,5,,,", header=WOO)

    product = find_variant("A").product
    assert (product.slug, product.name) == ("old-name", "New Name")


def test_a_variation_without_a_parent_is_refused(tmp_path: Path):
    report = load_rows(tmp_path, "2,variation,V,,1,5,nobody,Size,S", "3,simple,A,A,1,5,,,", header=WOO)

    assert lines(report.remarks.errors) == [2]
    assert report.products == {"created": 1}


def test_a_variable_product_is_known_again_by_its_variations(tmp_path: Path):
    parent, child = "1,variable,P,Lamp,,,,,", "2,variation,,,3,5,P,Size,S"
    load_rows(tmp_path, parent, child, header=WOO)
    report = load_rows(tmp_path, child.replace(",5,", ",7,"), parent, header=WOO)

    assert report.products == {"updated": 1}
    assert find_variant("P-s").price_amount == 700


def test_a_product_without_a_price_is_shown_and_not_for_sale(tmp_path: Path):
    report = load_rows(tmp_path, "1,simple,A,A,1,,,,", "2,bundle,B,B,1,9,,,", header=WOO)

    assert not report.has_errors
    assert [product.variants.count() for product in Product.objects.filter(is_published=True)] == [0, 0]


def test_parents_that_are_refused_take_their_variations_with_them(tmp_path: Path):
    report = load_rows(tmp_path, "1,variable,P,,,,,", "2,variation,V,,1,5,P,Size,S", header=WOO)

    assert lines(report.remarks.errors) == [2, 3]


@pytest.mark.parametrize(
    ("unit", "typed", "grams"), [("kg", "0.35", 350), ("lbs", "1,5", 680), ("oz", "0.01", 1)]
)
def test_weights_come_along_in_the_shops_unit_and_a_variation_has_its_parents(
    tmp_path: Path, unit: str, typed: str, grams: int
):
    rows = (f"1,variable,,Rope,,,,Length,,\"{typed}\"", "2,variation,R-1,Rope,3,9,id:1,Length,1 m,",
            f"3,simple,KNOT,Knot,3,9,,,,\"{typed}\"")  # fmt: skip
    load_rows(tmp_path, *rows, header=f"{WOO},Weight ({unit})")
    assert [find_variant(sku).weight_grams for sku in ("R-1", "KNOT")] == [grams, grams]
