"""What customers see of a flash sale: its panel, the badge, the line in the cart."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from inventory.errors import OutOfStock
from orders.models import Order
from orders.money import format_money
from shop.glances import Glances
from shop.models import FlashSale, Product, Variant
from shop.order_requests import OrderRequest
from shop.sale_board import forget_board, read_board
from shop.sale_panels import SalePanel
from shop.sale_types import FlashSaleView
from shop.services.checkout import place_order_for_skus
from shop.services.flash_sales import change_flash_sale, end_flash_sale
from tests.sessions import run_sql
from tests.shop.selling import HOUR, make_sale
from tests.shop.shopping import add, fill, make_variant, open_checkout

pytestmark = pytest.mark.django_db


def page_of(sale: FlashSaleView) -> str:
    """Return what the product's page shows a visitor who comes now."""
    forget_board()
    answer = Client().get(f"/products/{sale.product_slug}/")
    assert answer.status_code == 200
    return words(answer)


def words(answer: Any) -> str:
    """Return a page with its white space evened out."""
    return re.sub(r"\s+", " ", answer.content.decode())


def put_in_cart(client: Client, sale: FlashSaleView, quantity: int = 1) -> Any:
    """Add units of an offer to the cart."""
    return add(client, Variant.objects.get(pk=sale.variant_id), quantity)


def buy(sale: FlashSaleView, quantity: int) -> None:
    """Order units of an offer."""
    place_order_for_skus(
        OrderRequest(email="ada@example.com", quantities=[(sale.sku, quantity)]),
        idempotency_scope="test",
        idempotency_key=f"{sale.sku}-{Order.objects.count()}",
        now=timezone.now(),
    )


# --- The product's page -------------------------------------------------------------------------------------


def test_an_open_sale_shows_both_prices_its_end_its_limit_and_a_form() -> None:
    sale = make_sale(units=20, limit_per_customer=2, price_amount=900)
    page = page_of(sale)
    assert "$9.00" in page
    assert re.search(r"<s>.*?\$12\.50</s>", page)
    assert "−28%" in page
    assert "About 20 left" in page
    assert "At most 2 for each customer" in page
    # Within an hour of midnight it ends on another day.
    assert re.search(r'data-seconds-left="3[56]\d\d"></span>.*>([A-Z][a-z]{2} \d+, )?\d\d:\d\d UTC', page)
    assert f'name="variant" value="{sale.variant_id}"' in page
    assert 'max="2"' in page
    assert "At the regular price" in page


def test_an_offer_is_none_of_the_forms_a_product_comes_in(client: Client) -> None:
    sale = make_sale(on_hand=30, units=10)
    product = client.get(f"/products/{sale.product_slug}/").context["product"]
    assert [(variant.sku, variant.available) for variant in product.variants] == [
        (sale.sku.removesuffix(".SALE-1"), 20)
    ]
    assert [p.price_from for p in client.get("/products/").context["page"].products] == [1250]
    assert client.get(f"/products/?q={sale.sku}").context["page"].total == 0


def test_a_sale_to_come_shows_when_it_starts_and_keeps_its_form_closed() -> None:
    page = page_of(make_sale(starts_at=timezone.now() + HOUR / 2))
    assert "Starts in" in page
    assert "You can buy here from" in page
    assert re.search(r'<form[^>]*class="buy" data-when="open"[^>]*\shidden>', page)


def test_a_sale_far_away_shows_a_date_and_one_too_far_away_nothing() -> None:
    sale = make_sale(
        starts_at=timezone.now() + dt.timedelta(days=3), ends_at=timezone.now() + dt.timedelta(days=4)
    )
    page = page_of(sale)
    assert re.search(r"Starts [A-Z][a-z]{2} \d+, \d\d:\d\d UTC", page)
    assert "data-seconds-left" not in page
    later = {"starts_at": timezone.now() + dt.timedelta(days=8), "ends_at": sale.ends_at + 30 * HOUR * 24}
    change_flash_sale(sale_id=sale.id, changes=later, actor="test", now=timezone.now())
    assert "data-sale" not in page_of(sale)


def test_a_sale_that_is_over_says_so_for_a_while_and_sells_nothing() -> None:
    sale = make_sale()
    end_flash_sale(sale_id=sale.id, actor="test", now=timezone.now())
    page = page_of(sale)
    assert "This flash sale is over" in page
    assert "sale price" not in page
    FlashSale.objects.update(ended_at=timezone.now() - HOUR, ends_at=timezone.now() - HOUR / 2)
    assert "This flash sale is over" not in page_of(sale)


def test_a_sold_out_sale_says_so_and_offers_no_form() -> None:
    sale = make_sale(units=3)
    buy(sale, 3)
    page = page_of(sale)
    assert "All are taken right now" in page
    assert "Units of orders that are not paid in time come back here." in page
    assert f'value="{sale.variant_id}"' not in page


def test_a_product_with_several_sales_shows_those_that_are_open() -> None:
    product = make_sale().product_slug
    other = make_variant(Product.objects.get(slug=product), on_hand=10, options=[["Size", "L"]])
    make_sale(other, name="Evening deal", units=5)
    third = make_variant(other.product, on_hand=10, options=[["Size", "XL"]])
    coming = make_sale(third, name="Morning deal", units=5, starts_at=timezone.now() + HOUR / 2)
    page = page_of(coming)
    assert "Noon deal" in page
    assert "Evening deal" in page
    assert "Morning deal" not in page


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (1, None),
        (9, None),
        (10, 10),
        (19, 10),
        (99, 90),
        (101, 100),
        (149, 140),
        (1234, 1200),
        (99_999, 99_000),
    ],
)
def test_the_page_never_promises_more_than_there_is(left: int, text: int | None) -> None:
    now = timezone.now()
    sale = make_sale(on_hand=200_000, units=left, now=now)
    panel = SalePanel(sale, now)
    assert panel.is_nearly_gone is (text is None)
    assert 1 <= panel.percent_left <= 100
    if text is not None:
        assert panel.about == text


def test_a_countdown_never_opens_a_sale_too_early() -> None:
    now = timezone.now()
    sale = make_sale(now=now, starts_at=now + dt.timedelta(seconds=9.01))
    assert SalePanel(sale, now).seconds_to_start == 10


# --- Many visitors at once ----------------------------------------------------------------------------------


def test_looking_again_and_again_asks_the_database_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    sale = make_sale()
    read_board(now=timezone.now())
    with django_assert_num_queries(0):
        for seen in ("open", "soon"):
            assert Client().get(f"/sales/{sale.id}/?seen={seen}").status_code == 200


def test_a_busy_product_page_costs_the_database_next_to_nothing(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    address = f"/products/{make_sale().product_slug}/"
    client.get(address)
    # The shelves in the header.
    with django_assert_max_num_queries(1):
        client.get(address)


def test_a_page_is_told_only_its_numbers_while_nothing_else_has_changed(client: Client) -> None:
    sale = make_sale()
    same = client.get(f"/sales/{sale.id}/?seen=open")
    assert same.headers["HX-Retarget"] == f"#sale-{sale.id}-numbers"
    assert "<form" not in same.content.decode()
    other = client.get(f"/sales/{sale.id}/?seen=soon")
    assert "HX-Retarget" not in other.headers
    assert "<form" in other.content.decode()
    assert client.get("/sales/999999/").status_code == 404


def test_a_refusal_is_on_the_page_at_once() -> None:
    sale = make_sale(units=3)
    read_board(now=timezone.now())
    buy(sale, 2)
    with pytest.raises(OutOfStock):
        buy(sale, 2)
    (seen,) = read_board(now=timezone.now()).sales
    assert seen.remaining == 1


@pytest.mark.django_db(transaction=True)
def test_staff_who_change_a_sale_see_it_at_once(client: Client) -> None:
    sale = make_sale()
    client.get(f"/products/{sale.product_slug}/")
    end_flash_sale(sale_id=sale.id, actor="test", now=timezone.now())
    assert "This flash sale is over" in words(client.get(f"/products/{sale.product_slug}/"))


# --- Lists --------------------------------------------------------------------------------------------------


def test_products_with_an_open_sale_carry_its_price_and_others_do_not(client: Client) -> None:
    make_variant()
    make_sale(starts_at=timezone.now() + HOUR / 2)
    assert "Flash sale" not in words(client.get("/products/"))
    sale = make_sale()
    Glances.forget_all()
    for address in ("/", "/products/"):
        page = words(client.get(address))
        assert page.count("Flash sale") == 1
        assert f"Flash sale: {format_money(sale.price_amount, 'USD')}" in page
    run_sql("UPDATE inventory_stockitem SET available = 0 WHERE sku = %s", sale.sku)
    Glances.forget_all()
    assert "Flash sale" not in words(client.get("/products/"))


# --- Cart and checkout --------------------------------------------------------------------------------------


def test_an_offer_goes_from_the_panel_through_the_cart_to_an_order_at_the_sales_price(client: Client) -> None:
    sale = make_sale(limit_per_customer=2, payment_window_seconds=300)
    assert put_in_cart(client, sale, 2).status_code == 302
    cart = words(client.get("/cart/"))
    assert "Mug (flash sale)" in cart
    assert "$9.00 each" in cart
    assert "Sale price until" in cart
    assert client.post("/checkout/", open_checkout(client)).status_code == 302
    order = Order.objects.get()
    assert order.total_amount == 1800
    assert (order.payment_due_at - order.placed_at) == dt.timedelta(seconds=300)


@pytest.mark.parametrize("starts_in", [HOUR / 2, -2 * HOUR])
def test_an_offer_whose_sale_is_not_open_does_not_get_into_a_cart(client: Client, starts_in: Any) -> None:
    sale = make_sale()
    FlashSale.objects.update(starts_at=timezone.now() + starts_in, ends_at=timezone.now() + starts_in + HOUR)
    assert put_in_cart(client, sale).status_code == 409


def test_a_sale_that_ends_while_it_is_in_the_cart_is_said_there_and_not_ordered(client: Client) -> None:
    sale = make_sale()
    put_in_cart(client, sale)
    form = open_checkout(client)
    end_flash_sale(sale_id=sale.id, actor="test", now=timezone.now())
    cart = words(client.get("/cart/"))
    assert "This flash sale is over." in cart
    assert "Check out" not in cart
    refused = client.post("/checkout/", form)
    assert refused.status_code == 409
    assert "not for sale any more" in words(refused)
    client.post("/cart/fit/")
    assert "Your cart is empty" in words(client.get("/cart/"))
    assert not Order.objects.exists()


def test_a_changed_price_is_shown_before_anything_is_ordered(client: Client) -> None:
    sale = make_sale()
    put_in_cart(client, sale)
    form = open_checkout(client)
    change_flash_sale(sale_id=sale.id, changes={"price_amount": 950}, actor="test", now=timezone.now())
    assert "from $9.00 to $9.50" in words(client.post("/checkout/", form))
    assert client.post("/checkout/", fill(client.get("/checkout/").context["page_fields"])).status_code == 302


def test_more_than_the_limit_is_said_in_the_cart_and_fitted(client: Client) -> None:
    sale = make_sale(limit_per_customer=2)
    put_in_cart(client, sale, 3)
    assert "At most 2 for each customer, you want 3" in words(client.get("/cart/"))
    client.post("/cart/fit/")
    assert [line.quantity for line in client.get("/cart/").context["cart"].lines] == [2]


def test_an_offer_and_its_variant_are_two_lines(client: Client) -> None:
    variant = make_variant(on_hand=30)
    put_in_cart(client, make_sale(variant))
    add(client, variant)
    assert [line.unit_price for line in client.get("/cart/").context["cart"].lines] == [900, 1250]
