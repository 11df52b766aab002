"""Limits through the API: how much one customer may have, and how much may be held unpaid."""

import pytest

from orders.models import Order
from tests.shop.api.calls import assert_problem, make_customer, make_variant, post_order
from tests.shop.selling import make_sale

pytestmark = pytest.mark.django_db


def test_more_than_a_sale_allows_is_refused_with_the_limit(client):
    sale = make_sale(limit_per_customer=2)
    assert post_order(client, (sale.sku, 2)).status_code == 201
    problem = assert_problem(post_order(client, (sale.sku, 1)), 409, "purchase-limit-reached")
    assert problem["errors"] == [{"limit": 2, "used": 2}]
    # Whose limit it is, is for nobody else to read.
    assert "buyer@example.com" not in str(problem)
    assert post_order(client, (sale.sku, 1), email="somebody@example.com").status_code == 201


def test_a_repeated_request_gets_its_order_although_the_limit_is_reached(client):
    sale = make_sale(limit_per_customer=1)
    first = post_order(client, (sale.sku, 1), key="again")
    again = post_order(client, (sale.sku, 1), key="again")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["number"] == first.json()["number"]


@pytest.fixture
def tight(settings):
    settings.MAX_UNPAID_UNITS_PER_CUSTOMER, settings.MAX_UNPAID_UNITS_PER_ADDRESS = 3, 5
    return make_variant(on_hand=100)


def test_a_customer_with_too_much_unpaid_is_asked_to_come_back(client, tight):
    _user, headers = make_customer()
    assert post_order(client, (tight, 3), headers=headers).status_code == 201
    answer = post_order(client, (tight, 1), headers=headers)
    problem = assert_problem(answer, 429, "too-many-unpaid")
    assert problem["errors"] == [{"limit": 3, "open_units": 3}]
    assert answer.headers["Retry-After"] == "60"


def place_from(client, sku, address, **headers):
    client.defaults["REMOTE_ADDR"] = address
    return post_order(client, (sku, 5), headers=headers)


def test_guests_of_one_network_are_counted_together(client, tight):
    assert place_from(client, tight, "2001:db8:1:2::1").status_code == 201
    assert Order.objects.get().client_address == "2001:db8:1:2::/64"
    assert_problem(place_from(client, tight, "2001:db8:1:2::ffff"), 429, "too-many-unpaid")
    assert place_from(client, tight, "2001:db8:1:3::1").status_code == 201


def test_behind_a_proxy_its_clients_are_counted_and_not_the_proxy(client, tight, settings):
    settings.TRUSTED_PROXIES = 1
    proxied = {"address": "192.0.2.1", "client": client, "sku": tight}
    assert place_from(**proxied, **{"X-Forwarded-For": "198.51.100.1"}).status_code == 201
    made_up = {"X-Forwarded-For": "203.0.113.99, 198.51.100.1"}
    assert_problem(place_from(**proxied, **made_up), 429, "too-many-unpaid")
    assert place_from(**proxied, **{"X-Forwarded-For": "198.51.100.2"}).status_code == 201


def test_guests_on_this_machine_are_not_counted(client, tight):
    for _ in range(3):
        assert place_from(client, tight, "127.0.0.1").status_code == 201
    assert set(Order.objects.values_list("client_address", flat=True)) == {""}
