"""The address book at the checkout: chosen from, added to, and nobody else's."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import Order
from shop.address_book.selectors import list_addresses
from shop.address_book.services import keep_address
from shop.address_book.types import AddressFields
from tests.shop.shopping import add, fill, make_customer, make_variant, open_checkout

pytestmark = pytest.mark.django_db

PARIS = AddressFields("Marie Curie", "36 quai de Bethune", "Paris", "75004", "FR")
BOSTON = AddressFields("Marie Curie", "1 Main Street", "Boston", "02108", "US", region="MA")


@pytest.fixture
def marie(client: Client) -> Any:
    """A customer with two addresses who has signed in and filled a cart."""
    customer = make_customer("marie@example.com")
    for address in (BOSTON, PARIS):
        keep_address(customer_id=customer.pk, fields=address, now=timezone.now())
    client.force_login(customer)
    add(client, make_variant())
    return customer


def test_the_page_begins_with_the_address_chosen_last(client: Client, marie: Any) -> None:
    page = client.get("/checkout/").content.decode()
    assert 'value="36 quai de Bethune"' in page
    assert "1 Main Street, Boston" in page


def test_another_address_is_filled_in_and_the_rest_kept(client: Client, marie: Any) -> None:
    boston = next(each for each in list_addresses(marie.pk) if each.fields.city == "Boston")
    form = open_checkout(client, email="elsewhere@example.com")
    wanted = {"book": str(boston.id), "fill": "1"}
    answer = client.post("/checkout/", {**form, **wanted}, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert all(f'value="{text}"' in page for text in ("Boston", "MA", "elsewhere@example.com"))
    assert 'id="checkout"' in page
    assert answer.context["form"]["country"].value() == "US"


@pytest.mark.parametrize("book", ["", "0", "-1", "x" * 5000, "999999999999999999999"])
def test_an_address_that_is_not_theirs_fills_in_nothing(client: Client, marie: Any, book: str) -> None:
    answer = client.post("/checkout/", {**open_checkout(client), "book": book, "fill": "1"})
    assert answer.status_code == 200
    assert 'value="Ada Byron"' in answer.content.decode()


def test_the_address_of_another_customer_is_not_to_be_had(client: Client, marie: Any) -> None:
    stranger = make_customer("stranger@example.com")
    theirs = keep_address(customer_id=stranger.pk, fields=PARIS, now=timezone.now())
    answer = client.post("/checkout/", {**open_checkout(client), "book": str(theirs), "fill": "1"})
    assert 'value="Paris"' not in answer.content.decode()


@pytest.mark.parametrize(("kept", "first"), [({"keep_address": "1"}, "London"), ({}, "Paris")])
def test_the_address_of_an_order_is_kept_if_they_say_so(
    client: Client, marie: Any, kept: dict[str, str], first: str
) -> None:
    answer = client.post("/checkout/", {**open_checkout(client), **kept})
    assert answer.status_code == 302
    assert Order.objects.exists()
    assert list_addresses(marie.pk)[0].fields.city == first


def test_a_guest_has_no_book(client: Client) -> None:
    add(client, make_variant())
    form = open_checkout(client)
    assert 'name="book"' not in client.get("/checkout/").content.decode()
    shown = client.post("/checkout/", {**form, "book": "1", "fill": "1"})
    assert (
        client.post("/checkout/", {**fill(shown.context["page_fields"]), "keep_address": "1"}).status_code
        == 302
    )


def test_what_was_typed_is_there_again_after_signing_in_and_forgotten_once_it_is_ordered(
    client: Client,
) -> None:
    customer = make_customer("marie@example.com")
    keep_address(customer_id=customer.pk, fields=PARIS, now=timezone.now())
    add(client, make_variant())
    form = open_checkout(client, email="", line1="1 Typed Way", country="FR", gateway="sandbox")
    leads = client.post("/checkout/", {**form, "sign_in": "1"})
    assert leads["Location"] == "/accounts/login/?next=/checkout/"
    signed_in = {"login": customer.email, "password": "correct horse", "next": "/checkout/"}
    assert client.post("/accounts/login/", signed_in)["Location"] == "/checkout/"
    page = client.get("/checkout/")
    shown = page.context["form"]
    assert [shown[name].value() for name in ("email", "name", "line1", "country")] == [
        "marie@example.com",
        "Ada Byron",
        "1 Typed Way",
        "FR",
    ]
    assert page.context["gateway"] == "sandbox"
    client.post("/checkout/", {**fill(page.context["page_fields"]), "country": "FR"})
    add(client, make_variant())
    assert "1 Typed Way" not in client.get("/checkout/").content.decode()


def test_who_typed_no_address_before_signing_in_finds_that_of_their_book(client: Client) -> None:
    customer = make_customer("marie@example.com")
    keep_address(customer_id=customer.pk, fields=PARIS, now=timezone.now())
    add(client, make_variant())
    nothing = dict.fromkeys(("name", "line1", "city", "postal_code"), "")
    client.post("/checkout/", {**open_checkout(client, email="other@example.com"), **nothing, "sign_in": "1"})
    client.force_login(customer)
    shown = client.get("/checkout/").context["form"]
    assert [shown[name].value() for name in ("email", "city", "country")] == [
        "other@example.com",
        "Paris",
        "FR",
    ]
