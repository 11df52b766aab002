"""A customer's own pages: addresses, points, data, and the end of the account."""

import datetime as dt
import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from orders.models import Order
from orders.services import adjust_points, cancel_order
from orders.states import OrderStatus
from shop.address_book.selectors import list_addresses
from shop.address_book.services import keep_address
from shop.restock.models import RestockRequest
from shop.tasks import clear_sessions
from tests.builders import make_stock_item
from tests.orders.spending import buy_with_points
from tests.shop.address_book.test_address_book import HOME, WORK
from tests.shop.shopping import ADDRESS, add, make_customer, make_variant, place

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TYPED = {name: text for name, text in ADDRESS.items() if name != "email"}


@pytest.fixture
def customer(client: Client) -> Any:
    """Ada, signed in, who gave her password a moment ago."""
    customer = make_customer()
    EmailAddress.objects.create(user=customer, email=customer.email, verified=True, primary=True)
    client.force_login(customer)
    client.post("/accounts/reauthenticate/", {"password": "correct horse"})
    return customer


def keep(customer: Any, fields: Any = HOME) -> int:
    """Put an address into a customer's book."""
    return keep_address(customer_id=customer.pk, fields=fields, now=NOW)


@pytest.mark.parametrize("path", ["addresses/", "addresses/add/", "points/", "data/", "delete/", "orders/"])
def test_nobody_sees_account_pages_without_signing_in(client: Client, path: str) -> None:
    answer = client.get(f"/account/{path}")
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next=/account/{path}")


@pytest.mark.parametrize("path", ["addresses/", "addresses/add/", "points/", "data/", "delete/", "orders/"])
def test_every_account_page_leads_to_the_others(client: Client, customer: Any, path: str) -> None:
    page = client.get(f"/account/{path}")
    assert page.status_code == 200
    assert b'class="account-nav"' in page.content
    assert "no-cache" in page["Cache-Control"]


def test_an_address_is_added_changed_chosen_and_deleted(client: Client, customer: Any) -> None:
    assert client.post("/account/addresses/add/", TYPED)["Location"] == "/account/addresses/"
    [address] = list_addresses(customer.pk)
    assert address.fields == HOME
    path = f"/account/addresses/{address.id}/"
    assert HOME.line1 in client.get(path).context["form"]["line1"].value()
    client.post(path, {**TYPED, "city": "Paris", "country": "FR"})
    other = keep(customer, WORK)
    client.post(f"/account/addresses/{other}/first/")
    assert [kept.fields.city for kept in list_addresses(customer.pk)] == ["London", "Paris"]
    client.post(f"/account/addresses/{other}/delete/")
    assert [kept.fields.city for kept in list_addresses(customer.pk)] == ["Paris"]


def test_an_address_that_makes_no_sense_is_shown_again_with_what_was_typed(
    client: Client, customer: Any
) -> None:
    page = client.post("/account/addresses/add/", {**TYPED, "country": "US", "region": "Bavaria"})
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"region"}
    assert "St James&#x27;s" in page.content.decode()


def test_the_address_of_somebody_else_is_not_there(client: Client, customer: Any) -> None:
    address = keep(make_customer("eve@example.com"))
    path = f"/account/addresses/{address}/"
    assert client.get(path).status_code == 404
    assert client.post(path, TYPED).status_code == 404
    assert client.post(f"{path}first/").status_code == 404
    client.post(f"{path}delete/")
    assert len(list_addresses(get_user_model().objects.get(email="eve@example.com").pk)) == 1


def test_a_customer_sees_how_points_came_and_went(client: Client, customer: Any, settings: Any) -> None:
    settings.POINT_VALUE = 1
    for points, reason in ((120, "A gift"), (-20, "A mistake")):
        adjust_points(
            customer_id=customer.pk, points=points, reference=reason, actor="test", reason=reason, now=NOW
        )
    page = client.get("/account/points/").content.decode()
    assert "You have 100 points" in page
    assert page.index("\N{MINUS SIGN}20") < page.index("+120")
    assert "A mistake" in page


def test_why_points_came_back_is_said_in_words(client: Client, customer: Any) -> None:
    adjust_points(customer_id=customer.pk, points=50, reference="x", reason="", actor="test", now=NOW)
    order = buy_with_points(make_stock_item(), customer.pk, 50).order
    cancel_order(number=order.number, reason="expired", actor="sweep", now=NOW)
    for language, words in (("en", "Not paid in time"), ("zh-hans", "未按时付款")):
        page = client.get("/account/points/", headers={"accept-language": language}).content.decode()
        assert words in page


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "٣"])
def test_a_page_that_begins_nowhere_is_the_first(client: Client, customer: Any, before: str) -> None:
    for path in ("/account/points/", "/account/orders/"):
        assert client.get(path, {"before": before}).status_code == 200


def test_a_customer_takes_everything_along(client: Client, customer: Any) -> None:
    keep(customer)
    variant = make_variant()
    place(client, variant)
    add(client, variant, 2)
    answer = client.post("/account/data/download/")
    assert "attachment" in answer["Content-Disposition"]
    data = json.loads(answer.content)
    assert data["account"]["email"] == customer.email
    assert data["addresses"][0]["city"] == "London"
    assert data["orders"][0]["lines"][0]["quantity"] == 1
    assert data["cart"][0]["quantity"] == 2
    assert "id" not in data["orders"][0]


def test_an_old_sign_in_is_asked_for_the_password_before_data_leave(client: Client) -> None:
    client.force_login(make_customer())
    for path in ("/account/data/download/", "/account/delete/"):
        answer = client.post(path)
        assert "/accounts/reauthenticate/" in answer["Location"]
    assert get_user_model().objects.count() == 1
    # A file as the answer would leave the page that asks for the password standing.
    asked = client.post("/account/data/download/")["Location"]
    assert (
        client.post(asked, {"password": "correct horse", "next": "/account/data/"})["Location"]
        == "/account/data/"
    )
    assert "attachment" in client.post("/account/data/download/")["Content-Disposition"]


def test_an_account_goes_and_its_paid_orders_stay(client: Client, customer: Any) -> None:
    keep(customer)
    link = place(client, make_variant())
    Order.objects.update(status=OrderStatus.PAID, paid_at=NOW)
    answer = client.post("/account/delete/")
    assert answer["Location"] == "/"
    assert not get_user_model().objects.exists()
    assert list_addresses(customer.pk) == []
    order = Order.objects.get()
    assert (order.customer_id, order.email) == (None, ADDRESS["email"])
    assert client.get(link).status_code == 200
    assert client.get("/account/orders/").status_code == 302


def test_orders_that_were_never_paid_forget_their_customer(client: Client, customer: Any) -> None:
    variant = make_variant()
    for _ in range(2):
        place(client, variant)
    long_ago, lately = NOW - dt.timedelta(days=31), NOW - dt.timedelta(days=29)
    for order, cancelled_at in zip(Order.objects.order_by("id"), (long_ago, lately), strict=True):
        Order.objects.filter(id=order.id).update(status=OrderStatus.CANCELLED, cancelled_at=cancelled_at)
    client.post("/account/delete/")
    erased, kept = Order.objects.order_by("id")
    assert (erased.email, erased.shipping_address) == ("erased@account.invalid", None)
    assert kept.email == ADDRESS["email"]
    assert kept.shipping_address is not None


def test_an_account_stays_while_an_order_waits_for_its_money(client: Client, customer: Any) -> None:
    place(client, make_variant())
    assert client.post("/account/delete/").status_code == 409
    assert get_user_model().objects.count() == 1


def test_members_of_staff_cannot_delete_themselves(client: Client, customer: Any) -> None:
    get_user_model().objects.update(is_staff=True)
    assert client.post("/account/delete/").status_code == 409
    assert get_user_model().objects.count() == 1


def test_expired_sessions_are_cleared_and_others_stay(client: Client, customer: Any) -> None:
    Session.objects.create(session_key="old", session_data="", expire_date=NOW - dt.timedelta(days=1))
    clear_sessions()
    assert [session.pk for session in Session.objects.all()] == [client.session.session_key]


def test_whoever_goes_waits_for_nothing_any_more(client: Client, customer: Any) -> None:
    variant = make_variant(on_hand=0)
    for email in (customer.email, "eve@example.com"):
        RestockRequest.objects.create(variant=variant, email=email, language="en", asked_at=NOW)
    client.post("/account/delete/")
    assert [request.email for request in RestockRequest.objects.all()] == ["eve@example.com"]
