"""Shipping and taxes on the pages: shown before anything is ordered, and ordered as shown."""

from typing import Any

import pytest
from django.test import Client

from orders.models import Order
from orders.selectors import order_token
from shop.models import CartLine, Variant
from tests.shop.pricing.making import make_method, make_rate, make_zone
from tests.shop.shopping import add, fill, make_customer, make_variant, open_checkout

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _rules() -> None:
    """Ship to Britain in two ways, and tax a fifth."""
    zone = make_zone({"country": "GB"})
    make_method(zone, "standard", 500, note="2 to 3 days")
    make_method(zone, "express", 1500)
    make_rate("20", "GB")


@pytest.fixture
def form(client: Client) -> dict[str, str]:
    """The checkout form of a cart worth 10.00, filled in."""
    add(client, make_variant(price=1000, on_hand=5), 1)
    return open_checkout(client)


def list_adjustments(order: Order) -> list[tuple[str, str, int]]:
    return list(order.adjustments.order_by("id").values_list("kind", "label", "amount"))


def test_before_the_address_is_known_nothing_is_invented(client: Client, form: dict[str, str]) -> None:
    page = client.get("/checkout/").content.decode()
    assert "not known yet" in page
    assert 'name="shipping_method"' not in page


def test_without_a_script_the_first_answer_offers_the_methods_and_orders_nothing(
    client: Client, form: dict[str, str]
) -> None:
    answer = client.post("/checkout/", form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Please choose how we ship. With the shipping selected below, the total is $18.00." in page
    assert 'value="Ada Byron"' in page
    assert not Order.objects.exists()
    chosen = fill(answer.context["page_fields"], shipping_method="standard")
    assert client.post("/checkout/", chosen).status_code == 302
    order = Order.objects.get()
    assert list_adjustments(order) == [("shipping", "Standard", 500), ("tax", "VAT 20%", 300)]
    assert (order.total_amount, order.lines.get().share) == (1800, 1200)


def test_with_a_script_the_prices_follow_what_is_typed(client: Client, form: dict[str, str]) -> None:
    typed = {"country": "GB", "shipping_method": "express", "update": "1"}
    answer = client.post("/checkout/", {**form, **typed}, headers=HTMX)
    part = answer.content.decode()
    assert part.startswith('<div id="checkout-prices"')
    assert 'id="checkout-shipping" hx-swap-oob="true"' in part
    assert answer.context["page_fields"]["expected_total"] == 3000
    # The same methods again stay where they are: somebody may just be choosing one.
    shown = {"shown_options": answer.context["options_digest"]}
    again = client.post("/checkout/", {**form, **typed, **shown}, headers=HTMX)
    assert "checkout-shipping" not in again.content.decode()
    sent = fill(answer.context["page_fields"], shipping_method="express")
    assert client.post("/checkout/", sent).status_code == 302
    assert Order.objects.get().total_amount == 3000


def test_another_choice_than_was_shown_is_asked_about(client: Client, form: dict[str, str]) -> None:
    shown = client.post("/checkout/", {**form, "apply": "1"})
    sent = fill(shown.context["page_fields"], shipping_method="express")
    answer = client.post("/checkout/", sent)
    assert answer.status_code == 409
    assert "changed from $18.00 to $30.00" in answer.content.decode()
    assert client.post("/checkout/", {**sent, **answer.context["page_fields"]}).status_code == 302


def test_a_price_of_shipping_that_rose_meanwhile_is_asked_about(client: Client, form: dict[str, str]) -> None:
    shown = client.post("/checkout/", {**form, "apply": "1"})
    make_rate("5", "GB", name="Levy", priority=2)
    sent = fill(shown.context["page_fields"], shipping_method="standard")
    assert client.post("/checkout/", sent).status_code == 409
    assert not Order.objects.exists()


def test_where_nothing_is_shipped_is_said_at_the_country(client: Client, form: dict[str, str]) -> None:
    answer = client.post("/checkout/", {**form, "country": "FR"})
    assert answer.status_code == 409
    assert list(answer.context["form"].errors) == ["country"]
    assert not Order.objects.exists()
    again = client.post("/checkout/", fill(answer.context["page_fields"]))
    assert "Please choose how we ship" in again.content.decode()


def test_a_method_that_is_gone_is_chosen_anew(client: Client, form: dict[str, str]) -> None:
    answer = client.post("/checkout/", {**form, "shipping_method": "teleport"})
    assert answer.status_code == 409
    assert answer.context["quote"].shipping_method == "standard"


@pytest.mark.parametrize(
    ("country", "region", "kept"), [("US", "new york", "NY"), ("US", "ca", "CA"), ("GB", "Kent", "KENT")]
)
def test_a_region_is_kept_as_rules_name_it(client: Client, country: str, region: str, kept: str) -> None:
    make_method(make_zone({"country": "US"}), "standard", 0)
    add(client, make_variant())
    typed = {"country": country, "region": region, "shipping_method": "standard"}
    shown = client.post("/checkout/", {**open_checkout(client, **typed), "apply": "1"})
    client.post("/checkout/", fill(shown.context["page_fields"], **typed))
    assert (Order.objects.get().shipping_address or {})["region"] == kept


@pytest.mark.parametrize("region", ["", "Bavaria"])
def test_a_region_that_taxes_go_by_is_asked_for(client: Client, form: dict[str, str], region: str) -> None:
    answer = client.post("/checkout/", {**form, "country": "US", "region": region})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["region"]


def test_a_form_sent_again_leads_to_its_order_whatever_shipping_costs_by_now(
    client: Client, form: dict[str, str]
) -> None:
    shown = client.post("/checkout/", {**form, "apply": "1"})
    sent = fill(shown.context["page_fields"], shipping_method="standard")
    first = client.post("/checkout/", sent)
    make_rate("5", "GB", name="Levy", priority=2)
    assert client.post("/checkout/", sent)["Location"] == first["Location"]


def test_the_chosen_way_to_pay_leads_straight_to_its_gateway(client: Client, form: dict[str, str]) -> None:
    shown = client.post("/checkout/", {**form, "apply": "1"})
    sent = fill(shown.context["page_fields"], shipping_method="standard", gateway="sandbox")
    places = [client.post("/checkout/", sent)["Location"] for _twice in range(2)]
    assert places[0] == places[1]
    assert "sandbox" in places[0]
    assert Order.objects.get().status == "pending"


@pytest.mark.parametrize("gateway", ["nobody", "<script>", "x" * 41])
def test_a_way_to_pay_that_there_is_not_is_never_fatal(
    client: Client, form: dict[str, str], gateway: str
) -> None:
    shown = client.post("/checkout/", {**form, "apply": "1"})
    sent = fill(shown.context["page_fields"], shipping_method="standard", gateway=gateway)
    assert client.post("/checkout/", sent).status_code in (302, 422)


def test_an_emptied_cart_sends_an_updating_page_to_the_cart(client: Client, form: dict[str, str]) -> None:
    CartLine.objects.all().delete()
    answer = client.post("/checkout/", {**form, "update": "1"}, headers=HTMX)
    assert answer["HX-Redirect"] == "/cart/"


def test_a_page_that_asks_for_prices_after_its_order_was_placed_is_led_to_the_order(
    client: Client, form: dict[str, str]
) -> None:
    shown = client.post("/checkout/", {**form, "apply": "1"})
    sent = fill(shown.context["page_fields"], shipping_method="standard")
    assert client.post("/checkout/", sent).status_code == 302
    order = Order.objects.get()
    late = client.post("/checkout/", {**sent, "update": "1"}, headers=HTMX)
    assert late["HX-Redirect"] == f"/orders/{order.number}/{order_token(number=order.number)}/pay/"
    for odd in ("", "x" * 50, "键", "\x00", "1"):
        answer = client.post("/checkout/", {**sent, "checkout_key": odd, "update": "1"}, headers=HTMX)
        assert answer["HX-Redirect"] == "/cart/"


def test_prices_that_contain_taxes_say_how_much(client: Client, form: dict[str, str], settings: Any) -> None:
    settings.PRICES_INCLUDE_TAX = True
    shown = client.post("/checkout/", {**form, "apply": "1"})
    assert "Includes VAT 20%" in shown.content.decode()
    client.post("/checkout/", fill(shown.context["page_fields"], shipping_method="standard"))
    order = Order.objects.get()
    assert (order.total_amount, order.adjustments.get(kind="tax").included) == (1500, 250)


def test_the_cart_estimates_for_a_place_and_the_checkout_begins_with_it(client: Client) -> None:
    add(client, make_variant(price=1000))
    assert "Estimate shipping and taxes" in client.get("/cart/").content.decode()
    client.post("/cart/estimate/", {"country": "GB", "postal_code": "SW1Y 4JH"})
    page = client.get("/cart/").content.decode()
    assert all(amount in page for amount in ("$5.00", "$3.00", "$18.00"))
    checkout = client.get("/checkout/")
    assert checkout.context["quote"].total == 1800
    assert 'value="SW1Y 4JH"' in checkout.content.decode()


@pytest.mark.parametrize(
    ("typed", "status"),
    [({"country": "XX"}, 422), ({"country": ""}, 422), ({"country": "US", "region": "Kent"}, 422), ({}, 422)],
)
def test_an_estimate_for_nowhere_is_refused_at_its_field(
    client: Client, typed: dict[str, str], status: int
) -> None:
    add(client, make_variant(price=1000))
    assert client.post("/cart/estimate/", typed).status_code == status


def test_a_customer_sees_shipping_to_their_latest_address_at_once(
    client: Client, form: dict[str, str]
) -> None:
    client.force_login(make_customer())
    client.get("/cart/")
    shown = client.post("/checkout/", {**form, "apply": "1"})
    client.post("/checkout/", fill(shown.context["page_fields"], shipping_method="standard"))
    add(client, Variant.objects.get())
    assert client.get("/checkout/").context["quote"].total == 1800
