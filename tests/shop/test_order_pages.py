"""An order's own pages: who may see them, what they say, and what they let nobody learn."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from orders.models import Order
from orders.selectors import order_token
from orders.services import cancel_order, fulfil_order, mark_paid
from payments.models import Payment
from shop.models import Variant
from tests.shop.shopping import make_customer, make_variant, place

pytestmark = pytest.mark.django_db


def test_a_guest_opens_their_order_by_its_link_in_any_browser(client: Client) -> None:
    page = Client().get(place(client, make_variant(), 2))
    assert page.status_code == 200
    assert b"$25.00" in page.content
    assert b"12 St James" in page.content


@pytest.mark.parametrize("path", ["", "pay/", "status/", "pay/status/", "invoice/"])
def test_a_wrong_token_opens_nothing(client: Client, path: str) -> None:
    place(client, make_variant())
    number = Order.objects.get().number
    for token in ("0" * 40, "x", "%00" * 20, order_token(number=number)[:-1] + "é"):
        assert client.get(f"/orders/{number}/{token}/{path}").status_code == 404


def test_a_token_opens_no_other_order(client: Client) -> None:
    place(client, make_variant())
    number = Order.objects.get().number
    assert client.get(f"/orders/{number}/{order_token(number='0' * 13)}/").status_code == 404
    assert client.get(f"/orders/{'0' * 13}/{order_token(number='0' * 13)}/").status_code == 404


@pytest.mark.parametrize("path", ["", "pay/", "status/", "pay/status/", "invoice/"])
def test_pages_with_a_token_stay_out_of_caches_indexes_and_referrers(client: Client, path: str) -> None:
    answer = client.get(place(client, make_variant()) + path)
    assert "no-store" in answer["Cache-Control"]
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Referrer-Policy"] == "same-origin"


def test_a_pending_order_asks_again_until_it_is_settled(client: Client) -> None:
    path = place(client, make_variant())
    pending = client.get(path)
    assert b'hx-trigger="every 3s, deadline"' in pending.content
    state = pending.context["state"]
    assert client.get(f"{path}status/?seen={state}").status_code == 204
    mark_paid(order_id=Order.objects.get().pk, now=timezone.now())
    settled = client.get(f"{path}status/?seen={state}")
    assert b"Your order is paid" in settled.content
    # By now it only waits for the parcel, and needs no haste.
    assert b'hx-trigger="every 30s, deadline"' in settled.content
    fulfil_order(number=Order.objects.get().number, actor="staff", now=timezone.now())
    assert b"hx-trigger" not in client.get(path).content


def test_a_shipped_order_says_so(client: Client) -> None:
    path = place(client, make_variant())
    order = Order.objects.get()
    mark_paid(order_id=order.pk, now=timezone.now())
    fulfil_order(number=order.number, actor="test", now=timezone.now())
    assert b"on its way" in client.get(path).content


def test_an_order_past_its_deadline_promises_nothing(client: Client) -> None:
    path = place(client, make_variant())
    Order.objects.update(payment_due_at=timezone.now() - dt.timedelta(seconds=1))
    page = client.get(path).content
    assert b"The time to pay is over" in page
    assert b"/pay/" not in page
    assert client.get(path + "pay/")["Location"] == path


def test_a_pay_page_left_open_past_the_deadline_says_so_and_offers_nothing_to_press(client: Client) -> None:
    path = place(client, make_variant())
    page = client.get(path + "pay/")
    assert b'hx-trigger="every 3s, deadline"' in page.content
    assert b'<form method="post" action="' + path.encode() in page.content
    status = f"{path}pay/status/?seen={page.context['state']}"
    assert client.get(status).status_code == 204
    Order.objects.update(payment_due_at=timezone.now() - dt.timedelta(seconds=1))
    over = client.get(status)
    assert b"The time to pay is over" in over.content
    assert b"<form" not in over.content
    assert b"reserved. Time left" not in over.content
    assert path.encode() in over.content
    assert client.get(f"{path}pay/status/?seen={over.context['state']}").status_code == 204


def test_a_pay_page_leads_to_the_order_once_there_is_nothing_left_to_pay(client: Client) -> None:
    path = place(client, make_variant())
    mark_paid(order_id=Order.objects.get().pk, now=timezone.now())
    assert client.get(path + "pay/status/?seen=x").headers["HX-Redirect"] == path


def test_without_scripts_a_pay_page_asks_again_at_the_deadline(client: Client) -> None:
    page = client.get(place(client, make_variant()) + "pay/")
    seconds = int(re.search(rb'http-equiv="refresh" content="(\d+)"', page.content)[1])  # type: ignore[index]
    assert page.context["seconds_left"] < seconds <= page.context["seconds_left"] + 1


def test_every_time_on_an_order_page_is_written_in_one_way(client: Client) -> None:
    path = place(client, make_variant())
    Order.objects.update(placed_at=dt.datetime(2026, 11, 22, 16, 45, tzinfo=dt.UTC))
    page = client.get(path).content.decode()
    assert "Placed 22 Nov 2026, 16:45 UTC" in page
    assert "p.m." not in page


def test_paying_leads_to_the_gateway_and_back(client: Client) -> None:
    path = place(client, make_variant())
    answer = client.post(path + "pay/", {"gateway": "sandbox"})
    assert answer.status_code == 302
    assert "/sandbox/pay/" in answer["Location"]
    assert client.post(path + "pay/", {"gateway": "sandbox"})["Location"] == answer["Location"]
    assert Payment.objects.count() == 1
    assert b"Not paid yet" in client.get(path).content


@pytest.mark.parametrize("gateway", ["", "nobody", "\x00", "x" * 5000, "🛒"])
def test_an_unknown_gateway_is_asked_about_again(client: Client, gateway: str) -> None:
    path = place(client, make_variant())
    answer = client.post(path + "pay/", {"gateway": gateway})
    assert answer["Location"] == path + "pay/"
    assert b"Please choose one of the ways to pay" in client.get(path + "pay/").content
    assert not Payment.objects.exists()


def test_a_paid_order_is_not_paid_again(client: Client) -> None:
    path = place(client, make_variant())
    mark_paid(order_id=Order.objects.get().pk, now=timezone.now())
    assert client.post(path + "pay/", {"gateway": "sandbox"})["Location"] == path
    assert not Payment.objects.exists()


def test_a_pending_order_can_be_cancelled_and_the_units_go_back(client: Client) -> None:
    variant = make_variant(on_hand=2)
    path = place(client, variant, 2)
    page = client.post(path + "cancel/", follow=True)
    assert b"This order is cancelled" in page.content
    assert Variant.objects.get().stock_item.available == 2
    assert client.post(path + "cancel/").status_code == 302
    assert Variant.objects.get().stock_item.available == 2


def test_a_paid_order_cannot_be_cancelled_here(client: Client) -> None:
    path = place(client, make_variant())
    mark_paid(order_id=Order.objects.get().pk, now=timezone.now())
    page = client.post(path + "cancel/", follow=True)
    assert b"cannot be cancelled here" in page.content
    assert Order.objects.get().status == "paid"


def test_cancelling_needs_a_post(client: Client) -> None:
    assert client.get(place(client, make_variant()) + "cancel/").status_code == 405


def test_an_order_cancelled_for_lack_of_payment_says_why(client: Client) -> None:
    path = place(client, make_variant())
    cancel_order(number=Order.objects.get().number, reason="expired", actor="sweep", now=timezone.now())
    page = client.get(path).content
    assert b"Not paid in time" in page
    assert b"You were not charged" in page


def test_customers_see_their_own_orders_and_nobody_elses(client: Client) -> None:
    client.force_login(make_customer())
    path = place(client, make_variant())
    number = Order.objects.get().number
    assert number.encode() in client.get("/account/orders/").content
    assert client.get(f"/account/orders/{number}/")["Location"] == path

    other = Client()
    other.force_login(make_customer("other@example.com"))
    assert number.encode() not in other.get("/account/orders/").content
    assert other.get(f"/account/orders/{number}/").status_code == 404
    assert other.get(f"/account/orders/{'0' * 13}/").status_code == 404


def test_the_order_history_needs_a_log_in(client: Client) -> None:
    assert client.get("/account/orders/")["Location"].startswith("/accounts/login/")


def test_the_order_history_costs_the_same_however_long_it_is(
    client: Client, django_assert_max_num_queries: object
) -> None:
    client.force_login(make_customer())
    for _number in range(6):
        place(client, make_variant())
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        assert client.get("/account/orders/").status_code == 200


def test_an_invoice_is_there_to_print_once_the_order_is_paid(client: Client, settings: Settings) -> None:
    settings.SHOP_SELLER = "Quay Tools Ltd, 1 Quay Street, Bristol"
    page = place(client, make_variant(), 2)
    assert client.get(f"{page}invoice/").headers["Location"] == page
    order = Order.objects.get()
    mark_paid(order_id=order.pk, now=timezone.now())
    assert f"{page}invoice/" in client.get(page).content.decode()
    invoice = client.get(f"{page}invoice/")
    assert invoice.headers["Cache-Control"] == "no-store, private"
    for part in ("$25.00", "12 St James", order.number, settings.SHOP_SELLER):
        assert part in invoice.content.decode()
