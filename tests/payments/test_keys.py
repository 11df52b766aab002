"""Payments are found by our own key, which gateways repeat, when their reference was never saved."""

import json

import pytest
from django.conf import settings as conf
from django.utils import timezone

from payments.errors import UnknownGateway
from payments.gateways.sandbox import provider
from payments.keys import find_payment_id, name_payment
from payments.models import GatewayEvent
from payments.selectors import list_gateways
from payments.services import receive_event, start_payment
from tests.builders import NOW, Callback, buy, make_stock_item
from tests.payments.making import get_event, make_sale
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db


def sign(body: dict[str, object], event_id: str) -> Callback:
    text, now = json.dumps(body), timezone.now()
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": provider.signer(conf.SANDBOX_SECRET).sign(event_id, now, text),
    }
    return Callback(headers, text.encode())


def forget_reference():
    """Be the shop that crashed after the gateway's answer and before it noted anything."""
    run_sql("UPDATE payments_payment SET reference = NULL, redirect_url = ''")


def test_money_for_a_payment_whose_reference_was_never_saved_pays_its_order():
    sale = make_sale()
    forget_reference()
    callback = provider.settle_charge(sale.reference, approve=True)
    assert callback is not None
    receipt = sign(json.loads(callback.body), callback.event_id).deliver()
    assert receipt.outcome == "applied"
    assert (sale.status, get_event(receipt).payment, sale.payment.status) == (
        "paid",
        sale.payment,
        "succeeded",
    )


@pytest.mark.parametrize("key", ["", "payment:", "payment:x", "payment:²", "payment:" + "9" * 30, "refund:1"])
def test_a_key_that_names_no_payment_finds_none(key):
    assert find_payment_id(key) is None
    body = {"type": "charge.succeeded", "reference": "ref_1", "amount": 1, "currency": "USD", "key": key}
    assert sign(body, "evt_1").deliver().outcome == ""


def test_a_key_is_read_back():
    assert find_payment_id(name_payment(2**63 - 1)) == 2**63 - 1


def test_a_key_of_another_gateway_finds_no_payment():
    sale = make_sale()
    run_sql("UPDATE payments_payment SET gateway = 'other', reference = NULL")
    callback = provider.settle_charge(sale.reference, approve=True)
    assert callback is not None
    assert sign(json.loads(callback.body), callback.event_id).deliver().outcome == ""


def test_news_about_nothing_of_ours_is_ignored_at_once():
    body = {"type": "customer.created", "reference": "", "amount": 0, "currency": ""}
    receipt = sign(body, "evt_1").deliver()
    assert receipt.outcome == "ignored"
    assert get_event(receipt).payment is None


def test_a_gateway_that_is_not_offered_opens_no_payment(settings):
    settings.PAYMENT_GATEWAYS = ["other"]
    assert list_gateways() == []
    order = buy((make_stock_item(), 1)).order
    with pytest.raises(UnknownGateway):
        start_payment(
            number=order.number, gateway="sandbox", return_url="http://x/", callback_url="http://x/", now=NOW
        )


@pytest.mark.parametrize("name", ["stripe", "bank_transfer", "sandbox"])
def test_the_webhook_of_a_gateway_without_its_secret_refuses(settings, name):
    settings.SANDBOX_SECRET = ""
    with pytest.raises(UnknownGateway):
        receive_event(gateway=name, headers={}, body=b"{}", now=NOW)
    assert not GatewayEvent.objects.exists()
