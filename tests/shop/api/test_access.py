"""Who may see, pay and cancel an order: its guest, its customer, staff; nobody else learns that it exists."""

import pytest
from django.contrib.auth.models import Permission

from inventory.selectors import get_stock_level
from orders.selectors import get_order
from orders.services import mark_paid
from tests.shop.api.calls import ORDERS, assert_problem, make_customer, make_variant, post_order

pytestmark = pytest.mark.django_db

ACTIONS = [("get", ""), ("post", "cancel/"), ("get", "payments/"), ("post", "payments/")]


@pytest.mark.parametrize(("method", "action"), ACTIONS)
def test_nobody_else_learns_that_an_order_exists(client, method, action):
    _owner, as_owner = make_customer("owner@example.com")
    _other, as_other = make_customer("other@example.com")
    _staff, as_clerk = make_customer("clerk@example.com", is_staff=True)
    mine = post_order(client, (make_variant(), 1), headers=as_owner).json()
    other = post_order(client, (make_variant(), 1)).json()
    strangers = [{}, as_other, as_clerk, {"Order-Token": other["token"]}, {"Order-Token": ""}]
    strangers += [
        {"Order-Token": "é"},
        {"Order-Token": mine["token"][:-1]},
        {"Order-Token": mine["token"].upper()},
    ]
    for headers in strangers:
        refused = getattr(client, method)(f"{ORDERS}{mine['number']}/{action}", headers=headers)
        missing = getattr(client, method)(f"{ORDERS}{'0' * 13}/{action}", headers=headers)
        known = assert_problem(refused, 404, "order-not-found")
        unknown = assert_problem(missing, 404, "order-not-found")
        assert known.keys() == unknown.keys()
        assert known["detail"].replace(mine["number"], "") == unknown["detail"].replace("0" * 13, "")
    assert get_order(number=mine["number"]).status == "pending"


def test_a_guest_reads_an_order_with_its_token(client):
    placed = post_order(client, (make_variant(), 1)).json()
    order = client.get(f"{ORDERS}{placed['number']}/", headers={"Order-Token": placed.pop("token")}).json()
    # What there is to track is asked for when it may be there.
    assert order == {**placed, "tracking": None}


def test_staff_need_the_permission_for_what_they_do(client):
    user, headers = make_customer("clerk@example.com", is_staff=True)
    url = f"{ORDERS}{post_order(client, (make_variant(), 1)).json()['number']}/"
    user.user_permissions.add(Permission.objects.get(codename="view_order"))
    assert client.get(url, headers=headers).status_code == 200
    assert client.post(url + "cancel/", headers=headers).status_code == 404
    user.user_permissions.add(Permission.objects.get(codename="change_order"))
    assert client.post(url + "cancel/", headers=headers).json()["cancel_reason"] == "staff"


def test_cancelling_gives_the_units_back_once(client):
    sku = make_variant(on_hand=5)
    placed = post_order(client, (sku, 2)).json()
    for _time in range(2):
        response = client.post(
            f"{ORDERS}{placed['number']}/cancel/", headers={"Order-Token": placed["token"]}
        )
        assert (response.status_code, response.json()["status"]) == (200, "cancelled")
        assert response.json()["cancel_reason"] == "customer"
        assert get_stock_level(sku=sku).available == 5


def test_a_paid_order_cannot_be_cancelled_or_paid_again(client):
    placed = post_order(client, (make_variant(price=0), 1)).json()
    headers = {"Order-Token": placed["token"]}
    url = f"{ORDERS}{placed['number']}/"
    assert_problem(client.post(url + "cancel/", headers=headers), 409, "order-not-cancellable")
    assert_problem(
        client.post(url + "payments/", {}, content_type="application/json", headers=headers),
        409,
        "order-not-payable",
    )


def test_a_replay_shows_the_order_as_it_is_now(client):
    sku = make_variant()
    placed = post_order(client, (sku, 1), key="again").json()
    mark_paid(
        order_id=get_order(number=placed["number"]).id, now=get_order(number=placed["number"]).placed_at
    )
    assert post_order(client, (sku, 1), key="again").json()["status"] == "paid"


def test_customers_list_their_own_orders_page_by_page(client):
    _owner, as_owner = make_customer("owner@example.com")
    sku = make_variant(on_hand=9)
    numbers = [post_order(client, (sku, 1), headers=as_owner).json()["number"] for _order in range(5)]
    post_order(client, (sku, 1))
    seen, url = [], f"{ORDERS}?limit=2"
    while url:
        page = client.get(url, headers=as_owner).json()
        assert len(page["results"]) <= 2
        seen += [order["number"] for order in page["results"]]
        url = page["next"]
    assert seen == numbers[::-1]


def test_listing_orders_needs_a_log_in(client):
    response = client.get(ORDERS)
    assert_problem(response, 401, "authentication-required")
    assert response.headers["WWW-Authenticate"] == "Token"


def test_options_name_the_methods_and_nothing_of_what_is_inside(client):
    answer = client.options("/api/v1/products/")
    assert "GET" in answer["Allow"]
    assert b"description" not in answer.content
