"""What is found by what, and that it is found by an index."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from inventory.services import set_locking_strategy
from inventory.transactions import run_in_transaction
from shop.models import Product, Variant
from shop.search.indexing import index_products, rebuild
from shop.search.matching import find_by_words
from shop.search.models import SearchTerm, VariantOption
from shop.search.types import Filters, Sort
from shop.search.words import split_query
from shop.selectors import list_choices, list_products
from tests.sessions import run_sql, second_session, start_thread, wait_for_statement
from tests.shop.shopping import index_all, make_product, make_variant

pytestmark = pytest.mark.django_db


def find(query: str = "", **options: object) -> list[str]:
    """Return the names of what a list shows."""
    return [product.name for product in list_products(query=query, **options).products]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "query",
    ["kettle", "KETTLES", "ket", "enamel kettle", "falk", "KET-1", "ket-1-red", "ket1", "red", "whistles"],
)
def test_a_product_is_found_by_name_maker_option_sku_and_description(query: str):
    kettle = make_product("Enamel kettle", description="<p>It <b>whistles</b>.</p>")
    Product.objects.filter(pk=kettle.pk).update(vendor="Falk")
    make_variant(kettle, sku="KET-1-RED", options=[["Colour", "Red"]])
    make_variant(make_product("Teapot"), sku="TEA-1", options=[["Colour", "Blue"]])
    index_all()
    assert find(query) == ["Enamel kettle"]


@pytest.mark.parametrize("query", ["水壶", "钢水壶", "不锈钢", "壶", "大号 水壶", "１.５L"])
def test_chinese_is_found_by_any_part_of_a_name(query: str):
    make_variant(make_product("不锈钢水壶 大号 1.5L"))
    make_variant(make_product("水杯"))
    index_all()
    assert find(query) == ["不锈钢水壶 大号 1.5L"]


@pytest.mark.parametrize("query", ["kettle spoon", "ettle", "壶水", "%", "_ettle", "ke%le", "the"])
def test_what_does_not_match_is_not_found(query: str):
    make_variant(make_product("Kettle 水壶"))
    index_all()
    assert find(query) == []


def test_what_is_named_so_comes_before_what_only_mentions_it():
    make_variant(make_product("Kettle"))
    make_variant(make_product("Descaler", description="For every kettle."))
    index_all()
    assert find("kettle") == ["Kettle", "Descaler"]


def test_a_change_is_found_and_what_it_replaced_is_not():
    variant = make_variant(make_product("Kettle"), sku="OLD-1", options=[["Size", "M"]], price=500)
    index_all()
    Product.objects.filter(pk=variant.product_id).update(name="Samovar")
    Variant.objects.filter(pk=variant.pk).update(options=[["Size", "L"]], price_amount=700)
    index_all()
    assert (find("kettle"), find("samovar")) == ([], ["Samovar"])
    assert list(VariantOption.objects.values_list("value", flat=True)) == ["L"]
    assert Product.objects.get().lowest_price == 700


def test_an_index_that_is_right_is_not_written_again(django_assert_num_queries):
    product = make_variant(options=[["Size", "M"]]).product
    rebuild()
    with transaction.atomic(), django_assert_num_queries(4):
        # The product, its variants, its terms, its options.
        index_products(product_ids=[product.pk])


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_a_product_the_later_one_writes_what_it_is_found_by():
    product = make_variant(make_product("Kettle")).product
    index_all()
    renamed = "UPDATE shop_product SET name = 'Teapot' WHERE id = %s"

    def save() -> None:
        run_in_transaction(lambda: index_products(product_ids=[product.pk]))

    with ThreadPoolExecutor(1) as pool:
        with second_session() as other:
            run_sql("BEGIN", session=other)
            run_sql(renamed, product.pk, session=other)
            saving = start_thread(pool, save)
            wait_for_statement("SELECT `shop_product`")
            run_sql("COMMIT", session=other)
        saving.result()
    assert (find("teapot"), find("kettle")) == (["Teapot"], [])


def test_a_deleted_product_leaves_nothing_behind():
    variant = make_variant(options=[["Size", "M"]])
    index_all()
    variant.product.delete()
    assert not SearchTerm.objects.exists()
    assert not VariantOption.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_search_reads_ranges_of_an_index():
    product = make_variant(make_product("Blue enamel kettle")).product
    for number in range(40):
        make_product(f"Thing {number} other words to fill pages with more")
    index_all()
    SearchTerm.objects.bulk_create(
        SearchTerm(term=f"filler{number}", product_id=product.pk) for number in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE TABLE shop_searchterm, shop_product")
        cursor.fetchall()
    found = find_by_words(Product.objects.filter(is_published=True), split_query("kett enamel 水壶"))
    sql, parameters = found.values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", parameters)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    terms = [row for row in rows if row["table"].startswith("U")]
    assert len(terms) == 3, rows
    for row in terms:
        assert row["key"] == "PRIMARY", rows
        assert row["type"] in ("range", "ref", "eq_ref", "const"), rows
        assert int(row["rows"]) < 100, rows


def test_a_list_is_narrowed_by_price():
    for name, prices in (("Cheap", [100, 300]), ("Dear", [900]), ("Bare", [])):
        product = make_product(name)
        for price in prices:
            make_variant(product, price=price)
    index_all()
    assert find(filters=Filters(lowest_price=200)) == ["Dear", "Cheap"]
    assert find(filters=Filters(highest_price=500)) == ["Cheap"]
    assert find(filters=Filters(lowest_price=301, highest_price=899)) == []


def test_a_list_is_narrowed_by_options_of_one_and_the_same_variant():
    shirt = make_product("Shirt")
    make_variant(shirt, options=[["Colour", "Red"], ["Size", "M"]], on_hand=0)
    make_variant(shirt, options=[["Colour", "Blue"], ["Size", "M"]])
    make_variant(shirt, options=[["Colour", "Red"], ["Size", "L"]])
    index_all()
    red_or_green = ("Colour", ("red", "Green"))
    assert find(filters=Filters(options=(red_or_green, ("Size", ("M",))))) == ["Shirt"]
    assert find(filters=Filters(options=(red_or_green, ("Size", ("M",))), in_stock=True)) == []
    assert find(filters=Filters(options=(red_or_green,), in_stock=True)) == ["Shirt"]
    assert find(filters=Filters(options=(("Size", ("XL",)),))) == []


def test_units_in_slices_are_in_stock_too():
    variant = make_variant(make_product("Pooled"))
    set_locking_strategy(stock_item_ids=[variant.stock_item_id], name="pooled")
    assert find(filters=Filters(in_stock=True)) == ["Pooled"]


def test_a_list_is_sorted_by_price_and_name():
    for name, prices in (("B", [100, 900]), ("C", [500]), ("A", [])):
        product = make_product(name)
        for price in prices:
            make_variant(product, price=price)
    index_all()
    assert find(sort_by=Sort.CHEAPEST) == ["B", "C", "A"]
    assert find(sort_by=Sort.DEAREST) == ["B", "C", "A"]
    assert find(sort_by=Sort.NAME) == ["A", "B", "C"]
    assert find() == ["A", "C", "B"]


def test_choices_are_those_that_narrow_in_the_order_of_the_variants():
    for name in ("Shirt", "Vest"):
        product = make_product(name)
        for size in ("S", "M", "L")[: 3 if name == "Shirt" else 2]:
            make_variant(product, options=[["Size", size], ["Fit", "Slim"]])
    index_all()
    [option] = list_choices()
    assert option.name == "Size"
    assert [(choice.value, choice.products) for choice in option.choices] == [("S", 2), ("M", 2), ("L", 1)]
    assert list_choices(query="vest")[0].choices[-1].value == "M"
