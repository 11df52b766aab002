"""The sandbox provider: its hosted page, and callbacks that it owes until the shop has taken them."""

import datetime as dt
import json
import socket
import socketserver
import threading
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.models import Order
from orders.selectors import get_order
from payments.gateways.sandbox import provider
from payments.models import GatewayEvent, SandboxCallback, SandboxCharge
from payments.services import start_payment
from payments.tasks import redeliver_sandbox_callbacks
from tests.builders import buy, make_stock_item

pytestmark = pytest.mark.django_db


@dataclass
class Visit:
    """A customer at the provider's page."""

    client: Client
    url: str
    number: str

    def decide(self, decision):
        return self.client.post(self.url, {"decision": decision})

    def look(self):
        return self.client.get(self.url)

    @property
    def charge(self):
        return SandboxCharge.objects.get()

    @property
    def status(self):
        return get_order(number=self.number).status


@pytest.fixture
def unreachable():
    """The address of a shop that is down: nobody listens on this port, and nobody can start to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def visit(client, shop):
    """Place an order, open a payment that reports to this shop, and go to the provider's page."""
    now = timezone.now()
    order = buy((make_stock_item(), 2), now=now, due_at=now + dt.timedelta(minutes=15)).order
    payment = start_payment(
        number=order.number,
        gateway="sandbox",
        return_url="http://testserver/orders/back/",
        callback_url=shop + reverse("api:webhook", kwargs={"gateway": "sandbox"}),
        now=now,
    )
    return Visit(client, payment.redirect_url.removeprefix("http://testserver"), order.number)


@pytest.fixture
def page(client, unreachable):
    return visit(client, unreachable)


def test_the_page_says_what_there_is_to_pay_and_lets_the_customer_decide(page):
    response = page.look()
    text = response.content.decode()
    assert response.status_code == 200
    assert "$20.00" in text
    assert page.number in text
    assert [decision for decision in ("pay", "decline", "leave") if f'value="{decision}"' in text] == [
        "pay",
        "decline",
        "leave",
    ]
    assert "no-cache" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("decision", "status"), [("pay", "succeeded"), ("decline", "declined"), ("leave", "open")]
)
def test_after_deciding_the_customer_is_back_in_the_shop(page, decision, status):
    response = page.decide(decision)
    assert (response.status_code, response["Location"]) == (302, "http://testserver/orders/back/")
    assert page.charge.status == status


def test_leaving_tells_the_shop_nothing_and_the_customer_may_come_back(page):
    page.decide("leave")
    assert not SandboxCallback.objects.exists()
    page.decide("pay")
    assert page.charge.status == "succeeded"


def test_the_first_decision_stands_and_is_reported_once(page):
    page.decide("pay")
    for decision in ("pay", "decline", "leave"):
        assert page.decide(decision).status_code == 302
    assert page.charge.status == "succeeded"
    body = json.loads(SandboxCallback.objects.get().body)
    assert (body["type"], body["amount"], body["currency"]) == ("charge.succeeded", 2000, "USD")


@pytest.mark.parametrize("decision", ["", "PAY", "refund", "pay\0"])
def test_any_other_decision_is_refused_and_decides_nothing(page, decision):
    assert page.decide(decision).status_code == 400
    assert page.charge.status == "open"


def test_without_a_decision_nothing_is_decided(page):
    assert page.client.post(page.url).status_code == 400
    assert page.client.put(page.url).status_code == 405
    assert page.charge.status == "open"


@pytest.mark.parametrize("reference", ["sbx_unknown", "x" * 500, "é🦊", "' OR 1=1 --"])
def test_a_reference_nobody_opened_is_not_found(client, reference):
    url = reverse("sandbox:pay", args=[reference])
    assert client.get(url).status_code == 404
    assert client.post(url, {"decision": "pay"}).status_code == 404


def test_a_payment_the_shop_closed_can_no_longer_be_made(page):
    assert provider.cancel_charge(page.charge.reference) is True
    assert 'value="pay"' not in page.look().content.decode()
    assert page.decide("pay").status_code == 302
    assert page.charge.status == "cancelled"
    assert not SandboxCallback.objects.exists()


@pytest.mark.parametrize("decision", ["pay", "decline"])
def test_a_payment_that_is_decided_offers_no_decision_any_more(page, decision):
    page.decide(decision)
    text = page.look().content.decode()
    assert "<form" not in text
    assert "http://testserver/orders/back/" in text


def test_a_payment_that_was_made_cannot_be_closed_any_more(page):
    page.decide("pay")
    assert provider.cancel_charge(page.charge.reference) is False
    assert page.charge.status == "succeeded"


def test_without_its_secret_the_provider_does_not_exist(page, settings):
    settings.SANDBOX_SECRET = ""
    assert page.look().status_code == 404
    assert page.decide("pay").status_code == 404


def test_a_decision_needs_the_pages_own_form(page, client):
    client.handler.enforce_csrf_checks = True
    assert page.decide("pay").status_code == 403
    assert page.charge.status == "open"


def test_a_callback_is_owed_while_the_shop_is_down(page):
    page.decide("pay")
    callback = SandboxCallback.objects.get()
    assert (callback.is_delivered, callback.attempts) == (False, 1)
    redeliver_sandbox_callbacks.apply().get()
    callback.refresh_from_db()
    assert (callback.is_delivered, callback.attempts) == (False, 2)
    assert page.status == "pending"


def test_without_its_secret_the_provider_calls_nobody_back(page, settings):
    page.decide("pay")
    settings.SANDBOX_SECRET = ""
    redeliver_sandbox_callbacks.apply().get()
    assert SandboxCallback.objects.get().attempts == 1


class Babbler(socketserver.BaseRequestHandler):
    """A shop that answers something, but not HTTP."""

    def handle(self):
        self.request.recv(65536)
        self.request.sendall(b"what?\r\n\r\n")


@pytest.fixture
def babbler():
    """The address of a shop that does not answer in HTTP."""
    with socketserver.TCPServer(("127.0.0.1", 0), Babbler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_an_answer_that_is_no_http_leaves_the_callback_owed_and_does_not_stop_the_others(client, babbler):
    for page in (visit(client, babbler), visit(client, babbler)):
        provider.settle_charge(page.url.rstrip("/").rsplit("/", 1)[-1], approve=True)
    redeliver_sandbox_callbacks.apply().get()
    assert [(one.is_delivered, one.attempts) for one in SandboxCallback.objects.all()] == [(False, 1)] * 2


def test_redelivery_begins_no_other_callback_once_its_time_is_up(client, unreachable):
    for page in (visit(client, unreachable), visit(client, unreachable)):
        provider.settle_charge(page.url.rstrip("/").rsplit("/", 1)[-1], approve=True)
    provider.redeliver_callbacks(secret="s", now=timezone.now(), seconds=0)
    assert sorted(one.attempts for one in SandboxCallback.objects.all()) == [0, 1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("decision", "outcome", "status"), [("pay", "applied", "paid"), ("decline", "applied", "pending")]
)
def test_the_shop_hears_of_the_decision_over_http(client, live_server, decision, outcome, status):
    page = visit(client, live_server.url)
    page.decide(decision)
    assert SandboxCallback.objects.get().is_delivered
    event = GatewayEvent.objects.get()
    assert (event.outcome, event.event_id) == (outcome, SandboxCallback.objects.get().event_id)
    assert page.status == status


@pytest.mark.django_db(transaction=True)
def test_a_shop_that_was_down_hears_of_the_payment_when_it_is_back(client, live_server, unreachable):
    page = visit(client, unreachable)
    page.decide("pay")
    assert page.status == "pending"
    back = page.charge.callback_url.replace(unreachable, live_server.url)
    SandboxCharge.objects.update(callback_url=back)
    redeliver_sandbox_callbacks.apply().get()
    assert SandboxCallback.objects.get().is_delivered
    assert page.status == "paid"
    redeliver_sandbox_callbacks.apply().get()
    assert SandboxCallback.objects.get().attempts == 2, "what was taken is not sent again"


@pytest.mark.django_db(transaction=True)
def test_a_callback_the_shop_refuses_stays_owed(client, live_server):
    page = visit(client, live_server.url)
    callback = provider.settle_charge(page.charge.reference, approve=True)
    assert callback is not None
    assert provider.deliver_callback(callback, secret="not the shop's", now=timezone.now()) is False
    assert not SandboxCallback.objects.get().is_delivered
    assert Order.objects.get().status == "pending"
