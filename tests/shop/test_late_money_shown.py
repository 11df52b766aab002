"""What customers and programs are told of money that came for a cancelled order."""

import re

import pytest
from django.utils import timezone

from orders.selectors import order_token
from orders.services import cancel_order, deliver_outbox
from payments.gateways.sandbox import provider
from payments.models import Payment, Refund
from payments.services import refund_order
from tests.payments.making import make_sale

pytestmark = pytest.mark.django_db(transaction=True)


def read_page(client, order):
    page = client.get(
        f"/orders/{order.number}/{order_token(number=order.number)}/", headers={"Accept-Language": "en"}
    )
    return re.sub(r"\s+", " ", page.content.decode())


def read_api(client, order):
    headers = {"Order-Token": order_token(number=order.number)}
    return client.get(f"/api/v1/orders/{order.number}/", headers=headers).json()


@pytest.fixture
def sale():
    sale = make_sale()
    cancel_order(number=sale.order.number, reason="customer", actor="customer", now=timezone.now())
    return sale


def test_late_money_is_being_returned_until_it_was_sent_back(client, sale):
    assert provider.settle_charge(sale.reference, approve=True)
    assert sale.tell().outcome == "late_refunded"
    assert "arrived too late and is being returned to you" in read_page(client, sale.order)
    [refund] = read_api(client, sale.order)["refunds"]
    assert (refund["amount"], refund["status"]) == ({"amount": 2000, "currency": "USD"}, "requested")
    deliver_outbox(now=timezone.now())
    page = read_page(client, sale.order)
    assert "The money was sent back to you" in page
    assert "being returned" not in page
    [refund] = read_api(client, sale.order)["refunds"]
    assert refund["status"] == "succeeded"
    assert refund["succeeded_at"]


def test_money_of_the_wrong_amount_is_said_to_be_looked_at(client, sale):
    sale.tell(amount=1999)
    page = read_page(client, sale.order)
    assert "Our staff is looking at it" in page
    assert "You were not charged" not in page


@pytest.mark.parametrize(
    ("reason", "policy", "promise"),
    [
        ("customer", "reserve", "you get your money back."),
        ("expired", "refund", "you get your money back."),
        ("expired", "reserve", "you get the items if they are still there, or your money back."),
    ],
)
def test_items_are_promised_only_where_late_money_can_still_get_them(
    client, settings, reason, policy, promise
):
    settings.LATE_PAYMENT = policy
    sale = make_sale()
    Payment.objects.update(status="processing")
    cancel_order(number=sale.order.number, reason=reason, actor="test", now=timezone.now())
    assert f"If your payment still arrives, {promise}" in read_page(client, sale.order)


def test_an_order_nobody_paid_for_costs_nothing_and_has_no_refunds(client, sale):
    assert "You were not charged" in read_page(client, sale.order)
    assert read_api(client, sale.order)["refunds"] == []


def test_a_sentence_ends_as_it_does_in_its_language(client, sale):
    client.cookies["django_language"] = "zh-hans"
    page = client.get(
        f"/orders/{sale.order.number}/{order_token(number=sale.order.number)}/"
    ).content.decode()
    assert "。" in page
    assert not re.search(r"[\u4e00-\u9fff]\. ", page)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("requested", "The money is on its way back to you."),
        ("succeeded", "The money was sent back to you."),
        ("failed", "The money has not got through to you yet."),
    ],
)
def test_a_refunded_order_says_how_far_the_money_has_come(client, status, words):
    sale = make_sale()
    assert provider.settle_charge(sale.reference, approve=True)
    sale.tell()
    refund_order(number=sale.order.number, reason="damaged", actor="staff", now=timezone.now())
    Refund.objects.update(status=status)
    page = read_page(client, sale.order)
    assert words in page
    # It keeps asking until the money has arrived, and what it has seen tells these states apart.
    assert ("hx-get" in page) == (status != "succeeded")
