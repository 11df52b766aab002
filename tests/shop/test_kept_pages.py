"""Lists are rendered once a second for all who see the same, and nobody sees what is another's."""

import pytest
from django.test import Client
from django.urls import reverse

from shop.glances import Glances
from shop.models import Product
from tests.shop.shopping import add, make_customer, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def kettle():
    return make_variant().product


def see(client, address="/products/", **headers):
    return client.get(address, headers=headers).content.decode()


def rename(product, name):
    Product.objects.filter(pk=product.pk).update(name=name)


@pytest.mark.parametrize("address", ["/", "/products/"])
def test_a_page_is_read_once_for_two_who_come_together(kettle, address, django_assert_num_queries):
    first = see(Client(), address)
    with django_assert_num_queries(0):
        assert see(Client(), address) == first
    rename(kettle, "Renamed")
    Glances.forget_all()
    assert "Renamed" in see(Client(), address)


def test_a_cart_is_seen_at_once_and_by_its_owner_only(kettle):
    buyer, passer_by = Client(), Client()
    for client in (buyer, passer_by):
        assert 'class="badge" hidden' in see(client)
    add(buyer, kettle.variants.get())
    # A look with the message that something was added, and one without.
    see(buyer)
    assert 'class="badge" hidden' not in see(buyer)
    assert 'class="badge" hidden' in see(passer_by)


def test_who_is_signed_in_sees_their_own_links(kettle):
    guest, customer = Client(), Client()
    customer.force_login(make_customer())
    assert reverse("account_login") in see(guest)
    assert reverse("account_login") not in see(customer)
    assert reverse("account_logout") in see(customer)
    assert reverse("account_login") in see(guest)


def test_each_language_and_query_has_a_page_of_its_own(kettle):
    english = see(Client())
    assert see(Client(), **{"accept-language": "zh-hans"}) != english
    assert see(Client()) == english
    assert "Results for" in see(Client(), "/products/?q=nothing")


def test_a_message_is_shown_once_and_to_one_visitor(kettle):
    visitor, other = Client(), Client()
    for client in (visitor, other):
        client.force_login(make_customer(f"{id(client)}@example.com"))
        see(client)
    visitor.post(reverse("account_logout"))
    assert '<p class="notice' in see(visitor)
    assert '<p class="notice' not in see(visitor)
    assert '<p class="notice' not in see(other)


def test_what_is_not_there_and_what_is_elsewhere_are_answered_as_ever(kettle):
    for _time in range(2):
        assert Client().get("/categories/nothing/").status_code == 404
        moved = Client().get("/products/?page=99")
        assert (moved.status_code, moved["Location"]) == (302, "/products/?page=1")
        assert Client().get("/products/")["Content-Type"] == "text/html; charset=utf-8"
