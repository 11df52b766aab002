"""What no gateway sent is refused before it costs anything, and counted; what one sent is never lost."""

import datetime as dt
import hashlib
import hmac
import json
import time
from io import BytesIO

import pytest
from django.test import RequestFactory
from django.utils import timezone
from prometheus_client import REGISTRY

from payments.gateways.sandbox.provider import signer
from payments.models import GatewayEvent
from shop.api.callbacks import MAX_EVENT_BYTES
from shop.api.views.payments import WebhookView
from tests.shop.api.calls import assert_problem

pytestmark = pytest.mark.django_db

STRIPE_SECRET = "whsec_of_the_test"
EVENT = json.dumps(
    {"id": "evt_1", "type": "x", "reference": "r", "amount": 1, "currency": "USD", "data": {}}
).encode()


@pytest.fixture(params=["sandbox", "stripe"])
def gateway(request, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_of_the_test"
    settings.STRIPE_WEBHOOK_SECRETS = [STRIPE_SECRET]
    return request.param


def sign(gateway, settings, body, *, age=0, secret=None):
    """Return the headers of a callback that was signed so many seconds ago."""
    then = timezone.now() - dt.timedelta(seconds=age)
    if gateway == "sandbox":
        made = signer(secret or settings.SANDBOX_SECRET).sign("evt_1", then, body.decode())
        stamp = str(int(then.timestamp()))
        return {"webhook-id": "evt_1", "webhook-timestamp": stamp, "webhook-signature": made}
    stamp = str(int(time.time()) - age)
    digest = hmac.new((secret or STRIPE_SECRET).encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return {"stripe-signature": f"t={stamp},v1={digest.hexdigest()}"}


def address(gateway):
    return f"/api/v1/payments/webhooks/{gateway}/"


def send(client, gateway, headers, body=EVENT, content_type="application/json"):
    return client.post(address(gateway), body, content_type=content_type, headers=headers)


def count(gateway, outcome):
    labels = {"gateway": gateway, "outcome": outcome}
    return REGISTRY.get_sample_value("shop_callbacks_total", labels) or 0


@pytest.fixture
def refuse(client, django_assert_num_queries):
    """Send what must be refused: without a question to the database, counted, and nothing of it kept."""

    def send_and_check(gateway, headers, outcome, status, code, **how):
        before = count(gateway, outcome)
        with django_assert_num_queries(0):
            response = send(client, gateway, headers, **how)
        assert_problem(response, status, code)
        assert count(gateway, outcome) == before + 1
        assert not GatewayEvent.objects.exists()

    return send_and_check


def test_a_forged_callback_is_refused(gateway, settings, refuse):
    refuse(gateway, sign(gateway, settings, EVENT, secret="guessed"), "forged", 400, "signature-invalid")
    refuse(gateway, {}, "forged", 400, "signature-invalid")
    headers = sign(gateway, settings, EVENT)
    refuse(gateway, headers, "forged", 400, "signature-invalid", body=EVENT.replace(b"1", b"2"))


@pytest.mark.parametrize("age", [302, 86400, -302])
def test_a_callback_that_somebody_kept_for_five_minutes_is_refused(gateway, settings, refuse, age):
    refuse(gateway, sign(gateway, settings, EVENT, age=age), "stale", 400, "signature-invalid")


def test_a_callback_sent_again_at_once_changes_nothing_and_is_counted(gateway, settings, client):
    headers = sign(gateway, settings, EVENT)
    before = count(gateway, "taken"), count(gateway, "replayed")
    assert [send(client, gateway, headers).json()["duplicate"] for _ in range(2)] == [False, True]
    assert (count(gateway, "taken"), count(gateway, "replayed")) == (before[0] + 1, before[1] + 1)
    assert GatewayEvent.objects.count() == 1


def test_a_callback_that_is_too_large_is_refused_even_if_it_is_signed(gateway, settings, refuse):
    body = b" " * (MAX_EVENT_BYTES + 1)
    refuse(gateway, sign(gateway, settings, body), "too_large", 413, "body-too-large", body=body)


class Unread(BytesIO):
    """A body that nobody may read."""

    def read(self, *args):
        raise AssertionError("somebody read it")


def call(gateway, stream, declared, headers):
    """Call the view with a body that is not what its length says."""
    request = RequestFactory().generic(
        "POST", address(gateway), b"x", content_type="application/json", headers=headers
    )
    request._stream = stream
    request.META["CONTENT_LENGTH"] = str(declared)
    response = WebhookView.as_view()(request, gateway=gateway)
    return response.render()


def test_what_says_that_it_is_too_large_is_not_read(gateway):
    before = count(gateway, "too_large")
    assert call(gateway, Unread(), MAX_EVENT_BYTES + 1, {}).status_code == 413
    assert count(gateway, "too_large") == before + 1


def test_a_body_that_broke_off_is_refused(gateway, settings):
    before = count(gateway, "broken_off")
    headers = sign(gateway, settings, EVENT)
    assert call(gateway, BytesIO(EVENT[:-1]), len(EVENT), headers).status_code == 400
    assert count(gateway, "broken_off") == before + 1
    assert not GatewayEvent.objects.exists()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
def test_a_callback_that_is_not_json_is_refused(gateway, settings, refuse, content_type):
    headers = sign(gateway, settings, EVENT)
    refuse(gateway, headers, "wrong_type", 415, "unsupported-media-type", content_type=content_type)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_called_so_in_any_usual_way(gateway, settings, client, content_type):
    response = send(client, gateway, sign(gateway, settings, EVENT), content_type=content_type)
    assert response.status_code == 200


@pytest.mark.parametrize("name", ["nobody", "bank-transfer", "sandbox2"])
def test_a_gateway_nobody_knows_is_refused_and_makes_no_label_of_its_own(
    client, django_assert_num_queries, name
):
    before = count("unknown", "unknown_gateway")
    with django_assert_num_queries(0):
        assert_problem(send(client, name, {}), 404, "gateway-unknown")
    assert count("unknown", "unknown_gateway") == before + 1
    assert count(name, "unknown_gateway") == 0


def test_a_real_callback_is_taken_after_any_number_of_forged_ones_from_the_same_address(
    gateway, settings, client
):
    for _ in range(300):
        assert send(client, gateway, {}).status_code == 400
    assert send(client, gateway, sign(gateway, settings, EVENT)).status_code == 200


def test_what_was_refused_shows_in_the_metrics(client, settings):
    send(client, "sandbox", {})
    shown = client.get("/metrics").content.decode()
    assert 'shop_callbacks_total{gateway="sandbox",outcome="forged"}' in shown
