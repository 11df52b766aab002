"""Paying through the API, and the gateways' way back in."""

import json
import uuid

import pytest
from django.utils import timezone

from orders.selectors import get_order
from payments.gateways.sandbox.provider import signer
from payments.models import Payment, SandboxCharge
from payments.services import refund_order
from tests.shop.api.calls import ORDERS, assert_problem, make_variant, post_order

pytestmark = pytest.mark.django_db

WEBHOOK = "/api/v1/payments/webhooks/sandbox/"


def pay(client, placed, body=None):
    """Start a payment for an order just placed."""
    return client.post(
        f"{ORDERS}{placed['number']}/payments/",
        body or {},
        content_type="application/json",
        headers={"Order-Token": placed["token"]},
    )


def send_event(client, settings, body, *, event_id=None, secret=None):
    """Send a signed event as the sandbox does."""
    event_id, now, text = event_id or f"evt_{uuid.uuid4().hex}", timezone.now(), json.dumps(body)
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer(secret or settings.SANDBOX_SECRET).sign(event_id, now, text),
    }
    return client.post(WEBHOOK, text, content_type="application/json", headers=headers)


def test_an_order_is_paid_by_way_of_the_gateway(client, settings):
    placed = post_order(client, (make_variant(price=700), 2)).json()
    started = pay(client, placed)
    assert started.status_code == 201
    assert started.json()["amount"] == {"amount": 1400, "currency": settings.SHOP_CURRENCY}
    assert started.json()["redirect_url"].startswith(settings.SITE_URL)
    reference = Payment.objects.get(id=started.json()["id"]).reference
    event = {
        "type": "charge.succeeded",
        "reference": reference,
        "amount": 1400,
        "currency": settings.SHOP_CURRENCY,
    }
    first = send_event(client, settings, event, event_id="evt_1")
    assert first.json() == {"event_id": "evt_1", "outcome": "applied", "duplicate": False}
    again = send_event(client, settings, event, event_id="evt_1")
    assert again.json() == {"event_id": "evt_1", "outcome": "applied", "duplicate": True}
    assert get_order(number=placed["number"]).status == "paid"


def test_what_has_been_sent_back_shows_in_the_payment(client, settings):
    placed = post_order(client, (make_variant(price=700), 2)).json()
    headers = {"Order-Token": placed["token"]}
    nothing = {"amount": 0, "currency": settings.SHOP_CURRENCY}
    assert pay(client, placed).json()["refunded"] == nothing
    event = {
        "type": "charge.succeeded",
        "reference": Payment.objects.get().reference,
        "amount": 1400,
        "currency": settings.SHOP_CURRENCY,
    }
    send_event(client, settings, event)
    refund_order(number=placed["number"], reason="broken", actor="test", now=timezone.now())
    [payment] = client.get(f"{ORDERS}{placed['number']}/payments/", headers=headers).json()["results"]
    assert payment["refunded"] == {"amount": 1400, "currency": settings.SHOP_CURRENCY}


def test_starting_twice_finds_the_same_payment(client):
    placed = post_order(client, (make_variant(), 1)).json()
    assert pay(client, placed).json() == pay(client, placed, {"gateway": "sandbox"}).json()
    listed = client.get(
        f"{ORDERS}{placed['number']}/payments/", headers={"Order-Token": placed["token"]}
    ).json()
    assert len(listed["results"]) == 1


@pytest.mark.parametrize(
    "url",
    [
        *[
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "http:///evil.example",
        ],
        *[
            "https://evil.example@127.0.0.1.evil.example/",
            "\x01https://evil.example",
            "http://testserver@evil.example",
        ],
        *["https://testserver.evil.example/", "ftp://testserver/", "data:text/html,x"],
        *["http://[::1", "//[", "http://[x]/", "http://testserver\u2100/", "/\\[", "https://[::1]x/"],
    ],
)
def test_customers_are_never_sent_to_another_site(client, url):
    placed = post_order(client, (make_variant(), 1)).json()
    problem = assert_problem(pay(client, placed, {"return_url": url}), 400, "validation-failed")
    assert problem["errors"][0]["field"] == "return_url"
    assert not Payment.objects.exists()


@pytest.mark.parametrize("url", ["/thanks", "thanks?x=1", "{site}/thanks"])
def test_customers_come_back_to_where_they_are_wanted_on_this_site(client, settings, url):
    placed = post_order(client, (make_variant(), 1)).json()
    assert pay(client, placed, {"return_url": url.format(site=settings.SITE_URL)}).status_code == 201
    assert SandboxCharge.objects.get().return_url.startswith(f"{settings.SITE_URL}/thanks")


def test_without_a_return_url_customers_come_back_to_their_order(client, settings):
    placed = post_order(client, (make_variant(), 1)).json()
    pay(client, placed)
    assert (
        SandboxCharge.objects.get().return_url
        == f"{settings.SITE_URL}/orders/{placed['number']}/{placed['token']}/"
    )


def test_an_unknown_gateway_is_refused(client):
    placed = post_order(client, (make_variant(), 1)).json()
    assert_problem(pay(client, placed, {"gateway": "nope"}), 404, "gateway-unknown")
    response = client.post("/api/v1/payments/webhooks/nope/", b"{}", content_type="application/json")
    assert_problem(response, 404, "gateway-unknown")


def test_an_event_signed_by_somebody_else_is_refused(client, settings):
    event = {"type": "charge.succeeded", "reference": "x", "amount": 1, "currency": "USD"}
    assert_problem(send_event(client, settings, event, secret="stolen"), 400, "signature-invalid")


@pytest.mark.parametrize("signature", [None, "", "v1", "v1,", "v1,x v2", "v1,\u00e9", ",", "v1,AAAA"])
def test_a_broken_signature_is_refused_in_plain_words(client, signature):
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(int(timezone.now().timestamp()))}
    headers |= {"webhook-signature": signature} if signature is not None else {}
    response = client.post(WEBHOOK, b"{}", content_type="application/json", headers=headers)
    detail = assert_problem(response, 400, "signature-invalid")["detail"]
    assert detail == "the signature is missing or malformed, does not fit the body, or is too old"


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b"[" * 60_000, b"null"])
@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "multipart/form-data", "nonsense", ""]
)
def test_an_unsigned_event_is_refused_whatever_it_holds(client, body, content_type):
    response = client.generic("POST", WEBHOOK, body, content_type=content_type)
    is_json = body and content_type == "application/json"
    expected = (400, "signature-invalid") if is_json else (415, "unsupported-media-type")
    assert_problem(response, *expected)


@pytest.mark.parametrize(
    "body", [[], {}, None, 7, "x", {"type": 7}, {"type": "charge.succeeded", "reference": {}}]
)
def test_a_signed_event_that_makes_no_sense_is_refused(client, settings, body):
    response = send_event(client, settings, body)
    assert response.status_code in (200, 400), response.content
    if response.status_code == 400:
        problem = assert_problem(response, 400, "event-malformed")
        assert problem["detail"] == "The event cannot be read"


def test_a_huge_event_is_refused_unread(client):
    response = client.generic("POST", WEBHOOK, b"x" * (64 * 1024 + 1), content_type="application/json")
    assert_problem(response, 413, "body-too-large")


def test_events_need_no_csrf_token(settings):
    from django.test import Client

    response = Client(enforce_csrf_checks=True).post(WEBHOOK, b"{}", content_type="application/json")
    assert_problem(response, 400, "signature-invalid")
