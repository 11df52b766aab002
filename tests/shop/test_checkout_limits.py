"""The checkout page where a limit is reached: what it says, and that nothing is lost."""

import pytest
from django.test import Client

from orders.models import Order
from shop.models import CartLine, Variant
from tests.shop.selling import make_sale
from tests.shop.shopping import add, make_customer, make_variant, open_checkout

pytestmark = pytest.mark.django_db


def make_offer(limit: int) -> Variant:
    return Variant.objects.get(stock_item__sku=make_sale(limit_per_customer=limit).sku)


def order(client: Client, variant: Variant, quantity: int) -> str:
    """Try to order units and return the page that comes of it, or nothing if the order was placed."""
    add(client, variant, quantity)
    answer = client.post("/checkout/", open_checkout(client))
    return "" if answer.status_code == 302 else answer.content.decode()


def test_whoever_has_had_what_a_sale_allows_is_told_so_and_keeps_the_cart(client: Client) -> None:
    offer = make_offer(2)
    assert order(client, offer, 2) == ""
    page = order(client, offer, 1)
    assert "This sale has a limit of 2 units for each customer." in page
    assert "You have had all of them. Nothing has been ordered." in page
    assert Order.objects.count() == CartLine.objects.count() == 1


@pytest.mark.parametrize(("limit", "left"), [(3, "You can have one more."), (4, "You can have 2 more.")])
def test_whoever_wants_too_many_is_told_how_many_there_still_are(
    client: Client, limit: int, left: str
) -> None:
    offer = make_offer(limit)
    assert order(client, offer, 2) == ""
    assert left in order(client, offer, 3)


def test_whoever_holds_too_much_unpaid_is_led_to_it(client: Client, settings) -> None:
    settings.MAX_UNPAID_UNITS_PER_CUSTOMER = 3
    client.force_login(make_customer())
    mug = make_variant(on_hand=50)
    assert order(client, mug, 3) == ""
    page = order(client, mug, 1)
    assert "3 units you have ordered already wait for payment." in page
    assert 'href="/account/orders/"' in page
    assert Order.objects.count() == CartLine.objects.count() == 1


def test_a_guest_who_holds_too_much_unpaid_is_asked_to_pay_first(client: Client, settings) -> None:
    settings.MAX_UNPAID_UNITS_PER_ADDRESS = 1
    client.defaults["REMOTE_ADDR"] = "203.0.113.7"
    mug = make_variant(on_hand=50)
    assert order(client, mug, 1) == ""
    page = order(client, mug, 1)
    assert "One unit you have ordered already waits for payment." in page
    assert "account/orders" not in page.partition("<main")[2].partition("</main")[0]
    assert Order.objects.get().client_address == "203.0.113.7"
