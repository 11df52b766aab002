"""Only what the gateway signed, as it signed it and not long ago, gets into the inbox."""

import datetime as dt
import json

import pytest
import time_machine
from django.conf import settings as shop_settings
from django.urls import reverse

from payments.errors import InvalidSignature, UnknownGateway
from payments.gateways.sandbox.provider import signer
from payments.models import GatewayEvent
from payments.services import apply_pending_events, reapply_event, receive_event
from tests.builders import NOW, Callback, make_callback
from tests.payments.making import make_sale

pytestmark = pytest.mark.django_db


@pytest.fixture
def callback():
    return make_callback("ref", amount=2000)


def deliver(callback, *, headers=None, body=None, gateway="sandbox"):
    return receive_event(
        gateway=gateway,
        headers=callback.headers if headers is None else headers,
        body=callback.body if body is None else body,
        now=NOW,
    )


def sign(body):
    """Return a callback whose signature fits any body, readable or not."""
    made = make_callback("ref", amount=1)
    now = dt.datetime.now(tz=dt.UTC)
    webhook = signer(shop_settings.SANDBOX_SECRET)
    signature = webhook.sign(made.headers["Webhook-Id"], now, body.decode(errors="surrogateescape"))
    headers = {**made.headers, "Webhook-Timestamp": str(int(now.timestamp())), "Webhook-Signature": signature}
    return Callback(headers, body)


def assert_refused(callback, **changes):
    with pytest.raises(InvalidSignature):
        deliver(callback, **changes)
    assert not GatewayEvent.objects.exists()


def test_a_signed_event_is_kept_as_it_came(callback):
    deliver(callback)
    event = GatewayEvent.objects.get()
    assert event.body.encode() == callback.body
    assert (event.reference, event.amount, event.currency) == ("ref", 2000, "USD")
    assert event.received_at == NOW


def test_header_names_may_be_written_in_any_case(callback):
    deliver(callback, headers={name.upper(): value for name, value in callback.headers.items()})
    assert GatewayEvent.objects.exists()


@pytest.mark.parametrize("header", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_an_event_without_one_of_its_headers_is_refused(callback, header):
    assert_refused(callback, headers={k: v for k, v in callback.headers.items() if k != header})
    assert_refused(callback, headers={**callback.headers, header: ""})


def test_an_event_signed_with_another_secret_is_refused():
    assert_refused(make_callback("ref", amount=2000, webhook=signer("another secret")))


def test_another_body_under_the_same_signature_is_refused(callback):
    assert_refused(callback, body=callback.body.replace(b"2000", b"2001"))
    assert_refused(callback, body=callback.body + b" ")
    assert_refused(callback, body=b"")


def test_another_event_under_the_same_signature_is_refused(callback):
    assert_refused(callback, headers={**callback.headers, "Webhook-Id": "evt_another"})


def test_a_signature_made_for_another_moment_is_refused(callback):
    moved = str(int(callback.headers["Webhook-Timestamp"]) + 1)
    assert_refused(callback, headers={**callback.headers, "Webhook-Timestamp": moved})


@pytest.mark.parametrize(
    "signature",
    ["x", "v1", "v1,", "v1,!!!", "v2,AAAA", ",", "v1,é", "v1,A", "v1,a,b", "\0", "v1," + "A" * 10_000],
)
def test_a_forged_signature_is_refused_whatever_it_looks_like(callback, signature):
    assert_refused(callback, headers={**callback.headers, "Webhook-Signature": signature})


@pytest.mark.parametrize("timestamp", ["", "x", "-1", "nan", "inf", "9" * 400, "1e400", "1.5.2", "二"])
def test_a_timestamp_that_is_no_moment_is_refused(callback, timestamp):
    assert_refused(callback, headers={**callback.headers, "Webhook-Timestamp": timestamp})


@pytest.mark.parametrize(
    ("age", "is_taken"),
    [
        (dt.timedelta(0), True),
        (dt.timedelta(minutes=4, seconds=50), True),
        (dt.timedelta(minutes=5, seconds=2), False),
        (dt.timedelta(days=30), False),
        (-dt.timedelta(minutes=4, seconds=50), True),
        (-dt.timedelta(minutes=5, seconds=2), False),
    ],
)
def test_a_signature_is_good_for_five_minutes(age, is_taken):
    with time_machine.travel(NOW, tick=False):
        callback = make_callback("ref", amount=2000, signed_at=NOW - age)
        if is_taken:
            deliver(callback)
            assert GatewayEvent.objects.exists()
        else:
            assert_refused(callback)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"type": "charge.succeeded"}',
        json.dumps({"type": "charge.succeeded", "reference": 1, "amount": 1, "currency": "USD"}).encode(),
        json.dumps({"type": "charge.succeeded", "reference": "r", "amount": "1", "currency": "USD"}).encode(),
        json.dumps({"type": "charge.succeeded", "reference": "r", "amount": 1.5, "currency": "USD"}).encode(),
        json.dumps(
            {"type": "charge.succeeded", "reference": "r", "amount": True, "currency": "USD"}
        ).encode(),
        json.dumps({"type": "charge.succeeded", "reference": "r", "amount": 1, "currency": None}).encode(),
        json.dumps({"type": {}, "reference": "r", "amount": 1, "currency": "USD"}).encode(),
        # These would not fit their columns.
        json.dumps(
            {"type": "charge.succeeded", "reference": "r", "amount": 10**30, "currency": "USD"}
        ).encode(),
        json.dumps(
            {"type": "charge.succeeded", "reference": "r", "amount": 2**63, "currency": "USD"}
        ).encode(),
        json.dumps(
            {"type": "charge.succeeded", "reference": "r" * 101, "amount": 1, "currency": "USD"}
        ).encode(),
        json.dumps(
            {"type": "charge.succeeded", "reference": "r", "amount": 1, "currency": "DOLLARS"}
        ).encode(),
        json.dumps(
            {"type": "charge.succeeded", "reference": "\ud800", "amount": 1, "currency": "USD"}
        ).encode(),
        b"[" * 100_000,
        b'{"reference": "r", "type": "charge.succeeded", "currency": "USD", "amount": ' + b"9" * 5000 + b"}",
        b'{"reference": "r", "type": "charge.succeeded", "currency": "USD", "amount": NaN}',
    ],
)
def test_a_signed_event_that_cannot_be_read_is_kept_as_it_came_and_waits_for_staff(content):
    receipt = deliver(sign(content))
    event = GatewayEvent.objects.get()
    assert (receipt.outcome, event.outcome, event.settled_at) == ("review", "review", NOW)
    assert event.body.encode() == content
    assert event.latest_error
    assert (event.kind, event.reference, event.amount, event.currency) == ("", "", None, "")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'{"reference": "\xed\xa0\x80"}'])
def test_a_signed_body_that_is_no_text_is_kept_with_its_bytes_spelled_out(content):
    assert deliver(sign(content)).outcome == "review"
    assert GatewayEvent.objects.get().body == content.decode(errors="backslashreplace")


def test_the_gateway_is_told_that_an_unreadable_event_was_taken(client):
    callback = sign(b"{")
    url = reverse("api:webhook", kwargs={"gateway": "sandbox"})
    response = client.post(url, callback.body, content_type="application/json", headers=callback.headers)
    assert (response.status_code, response.json()["outcome"]) == (200, "review")


def test_what_could_not_be_read_is_asked_about_again_only_by_staff():
    callback = sign(b"{")
    assert [deliver(callback).outcome for _ in range(2)] == ["review", "review"]
    event = GatewayEvent.objects.get()
    assert event.attempts == 1
    assert apply_pending_events(now=NOW + dt.timedelta(days=1)) == 0
    assert reapply_event(event_pk=event.pk, now=NOW) is False
    assert GatewayEvent.objects.get().outcome == "review"


def test_an_event_left_unread_by_a_crash_is_read_and_applied_later():
    sale = make_sale()
    callback = sale.make_event()
    GatewayEvent.objects.create(
        gateway="sandbox", event_id="evt_1", body=callback.body.decode(), received_at=NOW, apply_after=NOW
    )
    assert apply_pending_events(now=NOW) == 1
    event = GatewayEvent.objects.get()
    assert (event.outcome, event.amount, event.reference) == ("applied", 2000, sale.reference)
    assert sale.status == "paid"


def test_an_event_whose_id_is_too_long_is_kept_under_a_shorter_one():
    sale = make_sale()
    first, second = sale.make_event(event_id="e" * 101), sale.make_event(event_id="e" * 102)
    assert [(event.deliver().outcome, event.deliver().duplicate) for event in (first, second)] == [
        ("applied", True),
        ("duplicate", True),
    ]
    assert [len(event.event_id) <= 100 for event in GatewayEvent.objects.all()] == [True, True]


def test_a_body_that_is_no_text_is_refused(callback):
    assert_refused(callback, body=b"\xff\xfe\x00")


def test_a_huge_body_is_kept_if_it_is_signed():
    content = {
        "type": "charge.succeeded",
        "reference": "r",
        "amount": 1,
        "currency": "USD",
        "note": "x" * 3_000_000,
    }
    deliver(sign(json.dumps(content).encode()))
    assert len(GatewayEvent.objects.get().body) > 3_000_000


def test_a_huge_body_that_is_not_signed_is_refused(callback):
    assert_refused(callback, body=b"x" * 3_000_000)


def test_a_gateway_nobody_knows_is_refused(callback):
    with pytest.raises(UnknownGateway) as refusal:
        deliver(callback, gateway="piggy-bank")
    assert refusal.value.name == "piggy-bank"


def test_without_its_secret_a_gateway_is_off(settings, callback):
    sale = make_sale()
    settings.SANDBOX_SECRET = ""
    with pytest.raises(UnknownGateway):
        deliver(callback)
    with pytest.raises(UnknownGateway):
        sale.tell(webhook=signer(""))
    assert sale.status == "pending"
    assert not GatewayEvent.objects.exists()


def test_a_gateway_that_is_not_offered_any_more_still_reports_what_it_took(settings):
    sale = make_sale()
    settings.PAYMENT_GATEWAYS = []
    assert sale.tell().outcome == "applied"
    assert sale.status == "paid"
