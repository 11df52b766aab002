"""Home, shelves, search and product pages."""

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from shop.glances import Glances
from shop.models import Category, Product, Variant
from shop.sale_board import forget_board
from tests.shop.shopping import add, index_all, make_customer, make_product, make_variant

pytestmark = pytest.mark.django_db


def names(page: object) -> list[str]:
    return [product.name for product in page.context["page"].products]  # type: ignore[attr-defined]


def test_the_home_page_shows_what_is_new(client: Client) -> None:
    make_variant(make_product("Old mug"))
    make_variant(make_product("New mug"))
    make_variant(make_product("Newest mug, gone"), on_hand=0)
    page = client.get("/")
    assert [product.name for product in page.context["newcomers"]] == [
        "New mug",
        "Old mug",
        "Newest mug, gone",
    ]
    assert 'property="og:title" content="Holdfast"' in page.content.decode()


def test_the_home_page_of_an_empty_shop_says_so(client: Client) -> None:
    assert b"The shelves are being filled" in client.get("/").content


def test_an_unpublished_product_is_nowhere(client: Client) -> None:
    product = make_product("Secret", is_published=False)
    make_variant(product, sku="SECRET")
    assert client.get(f"/products/{product.slug}/").status_code == 404
    assert names(client.get("/products/")) == []
    assert names(client.get("/products/?q=SECRET")) == []


def test_a_withdrawn_variant_is_not_shown(client: Client) -> None:
    product = make_product()
    make_variant(product, options=[["Size", "Tiny"]])
    Variant.objects.filter(pk=make_variant(product, options=[["Size", "Vast"]]).pk).update(is_active=False)
    page = client.get(f"/products/{product.slug}/").content
    assert b"Tiny" in page or b"WEB" in page
    assert b"Vast" not in page


def test_a_product_without_anything_to_buy_is_shown_as_that(client: Client) -> None:
    product = make_product("Bare")
    listing = client.get("/products/")
    assert names(listing) == ["Bare"]
    assert b"Not sold online" in listing.content
    assert b"Sold out" not in listing.content
    assert b"Not sold online" in client.get(f"/products/{product.slug}/").content


@pytest.mark.parametrize(
    ("on_hand", "low_at", "words"), [(0, 3, "Sold out"), (2, 3, "Only 2 left"), (9, 3, "In stock")]
)
def test_a_product_page_tells_the_truth_about_stock(
    client: Client, on_hand: int, low_at: int, words: str
) -> None:
    variant = make_variant(on_hand=on_hand, low_at=low_at)
    page = client.get(f"/products/{variant.product.slug}/").content.decode()
    assert words in page
    assert ("Add to cart" in page) is (on_hand > 0)


def test_variants_are_grouped_by_their_first_option(client: Client) -> None:
    product = make_product()
    for colour in ("Red", "Blue"):
        for size in ("S", "M"):
            make_variant(product, options=[["Colour", colour], ["Size", size]])
    groups = client.get(f"/products/{product.slug}/").context["product"].variant_groups
    assert [(group.legend, group.value, [text for _variant, text in group.choices]) for group in groups] == [
        ("Colour", "Red", ["S", "M"]),
        ("Colour", "Blue", ["S", "M"]),
    ]


def test_search_finds_all_words_in_any_order_and_either_case(client: Client) -> None:
    make_variant(make_product("Blue enamel kettle"))
    make_variant(make_product("Blue mug"))
    index_all()
    assert names(client.get("/products/?q=KETTLE+blue")) == ["Blue enamel kettle"]


def test_search_finds_a_sku_as_people_type_it(client: Client) -> None:
    make_variant(make_product("Kettle"), sku="KET-1")
    make_variant(make_product("Mug"), sku="MUG-1")
    index_all()
    assert names(client.get("/products/?q=ket-1")) == ["Kettle"]


@pytest.mark.parametrize(
    "query", ["%25", "_", "'", "%00", "%F0%9F%9B%92", "\\", "%ED%A0%80", "a" * 5000, "+"]
)
def test_search_takes_anything_anybody_can_type(client: Client, query: str) -> None:
    make_variant(make_product("Plain"))
    assert client.get(f"/products/?q={query}").status_code == 200


def test_a_percent_sign_is_not_a_wildcard(client: Client) -> None:
    make_variant(make_product("Plain"))
    assert names(client.get("/products/?q=%25")) == []


@pytest.mark.parametrize("page", ["0", "-1", "abc", "1.5", "999", "9" * 40, "9" * 5000, "%00", "", "01"])
def test_a_page_that_does_not_exist_leads_to_the_nearest_that_does(client: Client, page: str) -> None:
    make_variant(make_product("Mug"))
    index_all()
    answer = client.get(f"/products/?q=mug&page={page}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/products/?q=mug&page=1")
    assert client.get(answer.headers["Location"]).status_code == 200


def test_pages_hold_twelve_and_keep_the_search(client: Client) -> None:
    for _number in range(13):
        make_variant(make_product("Mug"))
    index_all()
    first = client.get("/products/?q=mug")
    assert len(names(first)) == 12
    assert b"?q=mug&amp;page=2" in first.content
    assert len(names(client.get("/products/?q=mug&page=2"))) == 1


def test_a_category_shows_what_is_in_it_and_below_it(client: Client) -> None:
    parent = Category.objects.create(name="Kitchen", slug="kitchen")
    child = Category.objects.create(name="Knives", slug="knives", parent=parent)
    make_variant(make_product("Pan", category=parent))
    make_variant(make_product("Knife", category=child))
    make_variant(make_product("Tent"))
    assert names(client.get("/categories/kitchen/")) == ["Knife", "Pan"]
    assert client.get("/categories/nothing/").status_code == 404


@pytest.mark.parametrize("slug", ["nope", "a" * 3000, "%00", "%F0%9F%9B%92", "1'--"])
def test_an_unknown_product_is_not_found(client: Client, slug: str) -> None:
    assert client.get(f"/products/{slug}/").status_code == 404
    assert client.get(f"/categories/{slug}/").status_code == 404


def test_a_list_costs_the_same_however_long_it_is(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shelf = Category.objects.create(name="Shelf", slug="shelf")
    make_variant(make_product(category=shelf), options=[["Size", "M"]])
    # Products, their count, variants, pictures, stock; the shelves; flash sales; what to narrow by, in two.
    with django_assert_num_queries(9):
        client.get("/products/")
    for _number in range(11):
        product = make_product(category=shelf)
        make_variant(product)
        make_variant(product)
    forget_board()
    # The shelves are known for a second, what to narrow by for half a minute; this page was not seen before.
    with django_assert_num_queries(6):
        client.get("/products/?sort=name")
    index_all()
    Glances.forget_all()
    with django_assert_num_queries(9):
        client.get("/categories/shelf/?q=mug&stock=on&min=1&max=90&o=Size:M&sort=price")


def test_a_list_costs_a_customer_with_a_cart_four_queries_more(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(make_customer())
    add(client, make_variant())
    client.get("/products/")
    # The session, the customer, their cart and what is in it; beside the six above, but for the flash sales.
    with django_assert_num_queries(9):
        client.get("/products/?sort=name")
    with django_assert_num_queries(4):
        client.get("/products/?sort=name")


def test_a_description_keeps_its_markup_and_loses_everything_else(client: Client) -> None:
    product = make_product(
        description='<p onclick="x()">Fine</p><script>alert(1)</script><img src="//evil.example/a.png">'
    )
    make_variant(product)
    page = client.get(f"/products/{product.slug}/").content.decode()
    assert "<p>Fine</p>" in page
    assert "alert(1)" not in page
    assert "evil.example" not in page


@pytest.mark.parametrize("path", ["/", "/products/", "/cart/", "/accounts/login/"])
def test_no_page_has_inline_styles_or_scripts_or_asks_another_site(client: Client, path: str) -> None:
    make_variant()
    page = client.get(path).content.decode().replace(settings.SITE_URL, "")
    assert "style=" not in page
    assert "<style" not in page
    assert "<script>" not in page
    assert 'src="http' not in page
    assert 'href="http' not in page


def test_a_category_shows_what_is_on_the_shelves_below_it(client: Client) -> None:
    top = Category.objects.create(name="Top", slug="top")
    middle = Category.objects.create(name="Middle", slug="middle", parent=top)
    deep = Category.objects.create(name="Deep", slug="deep", parent=middle)
    product = make_product("Buried")
    Product.objects.filter(pk=product.pk).update(category=deep)
    for category in (top, middle, deep):
        assert names(client.get(f"/categories/{category.slug}/")) == ["Buried"]
    # The database cannot forbid a circle of parents; the page must come back all the same.
    Category.objects.filter(pk=top.pk).update(parent=deep)
    Glances.forget_all()
    assert names(client.get("/categories/top/")) == ["Buried"]


def test_a_list_is_narrowed_and_sorted_by_its_address(client: Client) -> None:
    for name, price, size, on_hand in (
        ("Small", 1000, "S", 5),
        ("Large", 2000, "L", 5),
        ("Gone", 1500, "L", 0),
    ):
        make_variant(make_product(name), price=price, options=[["Size", size]], on_hand=on_hand)
    index_all()
    assert names(client.get("/products/?o=Size:L")) == ["Gone", "Large"]
    assert names(client.get("/products/?o=Size:L&o=size:S&stock=on&sort=price")) == ["Small", "Large"]
    assert names(client.get("/products/?min=10.01&max=19.99")) == ["Gone"]
    page = client.get("/products/?o=Size:L&stock=on").content.decode()
    assert '<input type="checkbox" name="o" value="Size:L" checked>' in page
    assert 'href="/products/?stock=on"' in page, "the chip that takes the size out again"


@pytest.mark.parametrize(
    ("query", "error"),
    [("min=abc", "Enter a number."), ("max=-1", "greater than or equal"), ("min=1.234", "2")],
)
def test_a_price_that_makes_no_sense_is_said_beside_its_field(client: Client, query: str, error: str) -> None:
    make_variant(make_product("Mug"))
    index_all()
    answer = client.get(f"/products/?{query}")
    assert names(answer) == ["Mug"]
    assert error in " ".join(
        message for messages in answer.context["form"].errors.values() for message in messages
    )
    assert b'aria-invalid="true"' in answer.content


@pytest.mark.parametrize(
    "query",
    [
        *("o=", "o=:", "o=Size", "o=%00:%00", "o=a:" + "b" * 5000, "o=%ED%A0%80:x", "o=' OR 1=1:--"),
        *(
            "sort=nope",
            "stock=no%00",
            "max=1e400",
            "min=NaN",
            "min=" + "9" * 60,
            "&".join(["o=Size:M"] * 500),
        ),
    ],
)
def test_filters_take_anything_anybody_can_type(client: Client, query: str) -> None:
    make_variant(make_product("Mug"))
    index_all()
    assert client.get(f"/products/?{query}").status_code == 200


def test_what_was_asked_for_stays_ticked_where_the_list_no_longer_has_it(client: Client) -> None:
    make_variant(make_product("Mug"))
    index_all()
    page = client.get("/products/?o=Glaze:Ash").content.decode()
    assert 'value="Glaze:Ash" checked' in page
    assert "Nothing passes all of these filters" in page


def test_a_list_shows_the_way_up_and_the_shelves_below(client: Client) -> None:
    top = Category.objects.create(name="Kitchen", slug="kitchen")
    middle = Category.objects.create(name="Knives", slug="knives", parent=top)
    Category.objects.create(name="Bread knives", slug="bread-knives", parent=middle)
    variant = make_variant(make_product("Knife", category=middle))
    answer = client.get("/categories/knives/")
    assert [crumb.name for crumb in answer.context["crumbs"]] == ["Kitchen", "Knives"]
    assert [shelf.name for shelf in answer.context["shelves"]] == ["Bread knives"]
    page = client.get(f"/products/{variant.product.slug}/")
    assert [crumb.name for crumb in page.context["crumbs"]] == ["Kitchen", "Knives"]
    assert [shelf.name for shelf in client.get("/products/?q=knive").context["shelves"]] == [
        "Bread knives",
        "Knives",
    ]
