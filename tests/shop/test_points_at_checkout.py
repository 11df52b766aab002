"""Points on the pages: used at checkout, shown with the order, and never by somebody who has none."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import Order
from orders.selectors import get_points, order_token
from orders.services import adjust_points, cancel_order, earn_points, revoke_points
from shop.models import Variant
from shop.order_requests import OrderRequest
from shop.services.checkout import place_order_for_skus
from tests.builders import make_payment_callback
from tests.shop.shopping import add, make_customer, make_variant, open_checkout

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rates(settings: Any) -> None:
    settings.POINTS_PER_UNIT, settings.POINT_VALUE = 1, 1


def give(customer: Any, points: int) -> None:
    adjust_points(
        customer_id=customer.pk,
        points=points,
        reference=uuid.uuid4().hex,
        reason="",
        actor="test",
        now=timezone.now(),
    )


def balance(customer: Any) -> int:
    return get_points(customer_id=customer.pk).balance


@pytest.fixture
def ada(client: Client) -> Any:
    """A customer with 1000 points who has signed in."""
    customer = make_customer()
    give(customer, 1000)
    client.force_login(customer)
    return customer


@pytest.fixture
def form(client: Client, ada: Any) -> dict[str, Any]:
    """The checkout form of a cart worth 12.50, filled in."""
    add(client, make_variant(price=1250))
    return open_checkout(client)


def test_the_page_says_how_many_points_there_are_and_what_they_are_worth(
    client: Client, form: dict[str, Any]
) -> None:
    page = client.get("/checkout/").content.decode()
    assert "You have 1000 points, worth $10.00." in page
    assert 'max="1000"' in page


def test_the_new_total_is_shown_before_anything_is_ordered(client: Client, form: dict[str, Any]) -> None:
    page = client.post("/checkout/", {**form, "points": "300", "apply": "1"}).content.decode()
    assert "-$3.00" in page
    assert "$9.50" in page
    assert 'value="300"' in page
    assert not Order.objects.exists()


def test_points_are_spent_with_the_order_and_the_rest_is_to_be_paid(
    client: Client, ada: Any, form: dict[str, Any]
) -> None:
    answer = client.post("/checkout/", {**form, "points": "300"})
    order = Order.objects.get()
    assert answer["Location"].endswith("/pay/")
    assert (order.total_amount, balance(ada)) == (950, 700)
    assert "Pay $9.50" in client.get(answer["Location"]).content.decode()


def test_the_same_form_sent_again_leads_to_the_same_order_and_spends_once(
    client: Client, ada: Any, form: dict[str, Any]
) -> None:
    answers = [client.post("/checkout/", {**form, "points": "1000"}) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert (Order.objects.count(), balance(ada)) == (1, 0)


def test_an_order_that_points_pay_in_full_is_paid_at_once(
    client: Client, ada: Any, form: dict[str, Any]
) -> None:
    give(ada, 250)
    answer = client.post("/checkout/", {**form, "points": "1250"})
    assert not answer["Location"].endswith("/pay/")
    assert Order.objects.get().status == "paid"


@pytest.mark.parametrize("typed", ["1251", "-1", "many", "1.5", "9" * 30])
def test_what_cannot_be_used_is_said_at_the_field_and_orders_nothing(
    client: Client, form: dict[str, Any], typed: str
) -> None:
    answer = client.post("/checkout/", {**form, "points": typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "These points cannot be used." in page
    assert 'class="field has-error"' in page
    assert not Order.objects.exists()


def test_points_spent_elsewhere_meanwhile_are_said_at_the_field(
    client: Client, ada: Any, form: dict[str, Any]
) -> None:
    give(ada, -900)
    answer = client.post("/checkout/", {**form, "points": "300"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "You can use at most 100 points here." in page
    assert not Order.objects.exists()
    assert balance(ada) == 100


def test_a_guest_who_was_signed_out_is_told_to_sign_in(client: Client) -> None:
    add(client, make_variant())
    answer = client.post("/checkout/", {**open_checkout(client), "points": "5"})
    assert answer.status_code == 409
    assert "please sign in to use points" in answer.content.decode()
    assert not Order.objects.exists()


def test_a_typing_mistake_elsewhere_keeps_the_points(client: Client, form: dict[str, Any]) -> None:
    answer = client.post("/checkout/", {**form, "points": "300", "email": "nonsense"})
    assert answer.status_code == 422
    assert 'value="300"' in answer.content.decode()


def test_a_shop_without_points_shows_none(client: Client, form: dict[str, Any], settings: Any) -> None:
    settings.POINT_VALUE = 0
    assert 'name="points"' not in client.get("/checkout/").content.decode()
    assert client.post("/checkout/", {**form, "points": "5"}).status_code == 422
    assert not Order.objects.exists()


def test_a_new_price_is_noticed_whatever_points_are_used(client: Client, form: dict[str, Any]) -> None:
    Variant.objects.update(price_amount=1300)
    answer = client.post("/checkout/", {**form, "points": "50"})
    assert answer.status_code == 409
    assert not Order.objects.exists()


def test_the_order_page_shows_points_spent_earned_and_given_back(client: Client, ada: Any) -> None:
    variant = make_variant(price=1250)
    now = timezone.now()
    orders = [
        place_order_for_skus(
            OrderRequest(
                email=ada.email, quantities=[(variant.stock_item.sku, 1)], customer_id=ada.pk, points=250
            ),
            idempotency_scope="test",
            idempotency_key=str(number),
            now=now,
        ).order
        for number in range(2)
    ]
    pages = [f"/orders/{order.number}/{order_token(number=order.number)}/" for order in orders]
    assert "250 points" in client.get(pages[0]).content.decode()
    assert "-$2.50" in client.get(pages[0]).content.decode()
    make_payment_callback(orders[0], now=now).deliver(now=now)
    earn_points(order_id=orders[0].id, now=now)
    assert "You have earned 10 points with this order." in client.get(pages[0]).content.decode()
    cancel_order(number=orders[1].number, reason="customer", actor="test", now=now)
    assert "The points have been given back." in client.get(pages[1]).content.decode()


def test_the_points_page_shows_the_balance_and_what_is_owed(client: Client, ada: Any) -> None:
    assert "You have 1000 points, worth $10.00." in client.get("/account/points/").content.decode()
    now = timezone.now()
    variant = make_variant(price=5000)
    order = place_order_for_skus(
        OrderRequest(email=ada.email, quantities=[(variant.stock_item.sku, 1)], customer_id=ada.pk),
        idempotency_scope="test",
        idempotency_key="1",
        now=now,
    ).order
    make_payment_callback(order, now=now).deliver(now=now)
    earn_points(order_id=order.id, now=now)
    give(ada, -1050)
    give(ada, 1)
    revoke_points(order_id=order.id, reason="undone", now=now + dt.timedelta(hours=1))
    page = client.get("/account/points/").content.decode()
    assert "49 points of refunded orders were spent already" in page
