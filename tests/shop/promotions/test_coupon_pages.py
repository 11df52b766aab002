"""A coupon in the cart and at the checkout: what it takes off, and what is said when it takes nothing."""

import pytest
from django.test import Client

from orders.models import Order
from shop.promotions.rules import forget_promotions
from tests.shop.promotions.making import buy, make_coupon, make_promotion
from tests.shop.shopping import add, fill, make_variant, open_checkout

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _cart(client: Client) -> None:
    """A cart worth 10.00."""
    forget_promotions()
    add(client, make_variant(price=1000, on_hand=9))


def use(client: Client, code: str, **more: str) -> str:
    """Type a code in the cart and return what the cart looks like then."""
    answer = client.post("/cart/coupon/", {"coupon": code, **more}, headers=HTMX)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_coupon_typed_in_the_cart_is_used_by_the_order_and_by_no_second_one(client: Client) -> None:
    make_coupon()
    cart = use(client, "save10")
    assert "Coupon SAVE10" in cart
    assert "$9.00" in cart
    page = client.get("/checkout/")
    assert 'value="save10"' in page.content.decode()
    sent = fill(page.context["page_fields"], coupon="save10")
    assert client.post("/checkout/", sent).status_code == 302
    order = Order.objects.get()
    assert order.total_amount == 900
    add(client, make_variant())
    assert "SAVE10" not in client.get("/checkout/").content.decode().upper()


def test_a_coupon_is_removed_by_a_button(client: Client) -> None:
    make_coupon()
    use(client, "save10")
    assert "SAVE10" not in use(client, "save10", remove="1").upper()


def test_why_a_coupon_takes_nothing_is_said_and_what_was_typed_stays(client: Client) -> None:
    make_coupon(minimum_amount=5000)
    cart = use(client, "save10")
    assert "$50.00 or more" in cart
    assert 'value="save10"' in cart
    assert "We do not ship" not in cart
    assert "No coupon with this code is valid now." in use(client, "<script>alert(1)</script>")
    assert "No coupon with this code is valid now." in use(client, "x" * 65)
    assert "<script>alert" not in client.get("/checkout/").content.decode()


def test_a_coupon_typed_at_the_checkout_shows_the_new_total_before_it_orders(client: Client) -> None:
    make_coupon()
    form = open_checkout(client, coupon="SAVE10")
    asked = client.post("/checkout/", form)
    assert asked.status_code == 409
    assert "changed from $10.00 to $9.00" in asked.content.decode()
    part = client.post("/checkout/", {**form, "update": "1"}, headers=HTMX)
    assert part.context["page_fields"]["expected_total"] == 900
    assert client.post("/checkout/", {**form, **part.context["page_fields"]}).status_code == 302
    assert Order.objects.get().total_amount == 900


def test_whoever_comes_too_late_for_a_coupon_is_told_and_can_order_without_it(client: Client) -> None:
    make_coupon(usage_limit=1)
    form = open_checkout(client, coupon="SAVE10")
    shown = client.post("/checkout/", {**form, "apply": "1"})
    form |= {name: str(value) for name, value in shown.context["page_fields"].items()}
    buy((make_variant(), 1), coupon="SAVE10", email="faster@example.com")
    answer = client.post("/checkout/", form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This coupon is used up." in page
    assert 'value="Ada Byron"' in page
    sent = {**form, "coupon": "", **answer.context["page_fields"]}
    assert client.post("/checkout/", sent).status_code == 302
    assert Order.objects.order_by("-id")[0].total_amount == 1000


def test_a_promotion_is_in_the_cart_without_anybody_asking(client: Client) -> None:
    make_promotion("Spring")
    page = client.get("/cart/").content.decode()
    assert "Spring" in page
    assert "$8.00" in page
