"""The gateway against localstripe, whose records and signatures are not ours.

It knows no Checkout Sessions and ignores idempotency keys, so here the test is Stripe's page: it makes the
PaymentIntent of a session, with the marks the shop asked for. The rest is in the tests with our own peer.
"""

import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import stripe
from django.urls import reverse
from django.utils import timezone

from orders.services import deliver_outbox
from payments.errors import GatewayUnavailable
from payments.models import GatewayEvent, Payment
from payments.services import refund_order
from tests.faults.stripe_sale import StripeSale, list_refunds, place, start

pytestmark = pytest.mark.django_db(transaction=True)

LAUNCHER = Path(__file__).with_name("localstripe_server.py")
SECRET = "whsec_of_localstripe"
VISA = "pm_card_visa"
# Cards by what they do at localstripe.
ASKS_FIRST, DECLINED = "4000002500003155", "4000000000000341"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where localstripe runs."""
    with subprocess.Popen([sys.executable, LAUNCHER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture
def account(address, settings, live_server) -> stripe.StripeClient:
    """The customer's and Stripe's side of the account that the shop uses."""
    settings.PAYMENT_GATEWAYS = ["stripe"]
    settings.STRIPE_SECRET_KEY = "sk_test_12345"
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    settings.STRIPE_API_BASE = address
    url = live_server.url + reverse("api:webhook", kwargs={"gateway": "stripe"})
    body = json.dumps({"url": url, "secret": SECRET}).encode()
    headers = {"content-type": "application/json"}
    asked = urllib.request.Request(f"{address}/_config/webhooks/shop", data=body, headers=headers)  # noqa: S310
    urllib.request.urlopen(asked).close()  # noqa: S310
    return stripe.StripeClient("sk_test_12345", base_addresses={"api": address})


@pytest.fixture
def sale() -> StripeSale:
    """An order whose payment is open here, and could not be at localstripe."""
    sale = place()
    with pytest.raises(GatewayUnavailable):
        start(sale)
    return sale


def make_intent(account, sale, payment_method=VISA):
    """Open the PaymentIntent that Stripe's page would."""
    return account.v1.payment_intents.create(
        {
            "amount": sale.order.total_amount,
            "currency": "usd",
            "payment_method": payment_method,
            "metadata": {"holdfast_payment": f"payment:{Payment.objects.get().id}"},
        }
    )


def make_card(account, number):
    card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    return account.v1.payment_methods.create({"type": "card", "card": card}).id


def wait_for_events(count):
    """Wait until the shop has settled so many events: localstripe sends them after a second."""
    pause = threading.Event()
    for _ in range(200):
        if GatewayEvent.objects.exclude(outcome="").count() >= count:
            return list(GatewayEvent.objects.order_by("id").values_list("outcome", flat=True))
        pause.wait(0.05)
    raise AssertionError("no event came")


def test_money_taken_at_localstripe_pays_the_order_and_goes_back_when_asked(account, sale):
    intent = account.v1.payment_intents.confirm(make_intent(account, sale).id)
    assert intent.status == "succeeded"
    assert wait_for_events(1) == ["applied"]
    assert (sale.status, sale.payment.charge_reference) == ("paid", intent.id)
    refund_order(number=sale.order.number, reason="broken", actor="ann", now=timezone.now())
    deliver_outbox(now=timezone.now())
    assert list_refunds() == [(2000, "succeeded")]
    [refund] = account.v1.refunds.list({"payment_intent": intent.id}).data
    assert refund.amount == 2000


def test_a_card_that_asks_its_bank_first_pays_once_the_customer_has_answered(account, sale):
    intent = make_intent(account, sale, make_card(account, ASKS_FIRST))
    assert account.v1.payment_intents.confirm(intent.id).status == "requires_action"
    assert sale.status == "pending"
    answer = {"client_secret": intent.client_secret, "success": "true"}
    account.raw_request("post", f"/v1/payment_intents/{intent.id}/_authenticate", **answer)
    assert wait_for_events(1) == ["applied"]
    assert sale.status == "paid"


def test_a_declined_card_changes_nothing(account, sale):
    intent = make_intent(account, sale, make_card(account, DECLINED))
    with pytest.raises(stripe.CardError):
        account.v1.payment_intents.confirm(intent.id)
    assert wait_for_events(1) == ["ignored"]
    assert (sale.status, sale.payment.status) == ("pending", "started")


def test_of_five_customers_who_confirm_at_once_one_pays(account, sale):
    intent = make_intent(account, sale)

    def confirm(_number):
        try:
            return account.v1.payment_intents.confirm(intent.id).status
        except stripe.InvalidRequestError:
            return "refused"

    with ThreadPoolExecutor(5) as customers:
        results = list(customers.map(confirm, range(5)))
    assert results.count("succeeded") == 1
    assert wait_for_events(1) == ["applied"]
    assert sale.payment.received_amount == 2000
