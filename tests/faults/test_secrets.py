"""No secret, card number or token is ever logged, or shown to staff."""

import json
import logging

import pytest
from django.db import connection
from django.utils import timezone

from orders.selectors import order_token
from orders.services import deliver_outbox
from payments.errors import GatewayUnavailable
from payments.models import GatewayEvent, OrderRefund, Payment, ReconciliationFinding, Refund
from payments.services import reconcile_payments, refund_order
from tests.faults.stripe_peer import Fault
from tests.faults.stripe_peer.peer import SECRET
from tests.faults.stripe_sale import make_paid_stripe_sale, make_stripe_sale, start
from tests.payments.making import make_sale
from tests.staff import make_manager

pytestmark = pytest.mark.django_db(transaction=True)

CARD = "4242424242424242"
GROUPED_CARD = "5555 5555 5555 4444"
CLIENT_SECRET = "pi_1_secret_AbCdEf0123456789"


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog):
    caplog.set_level(logging.DEBUG)


def list_secrets(settings, *orders):
    tokens = [order_token(number=order.number) for order in orders]
    secrets = {
        *(settings.SANDBOX_SECRET, settings.STRIPE_SECRET_KEY, settings.SECRET_KEY),
        *settings.STRIPE_WEBHOOK_SECRETS,
        *(CARD, GROUPED_CARD, CLIENT_SECRET, SECRET),
        *([password] if (password := connection.settings_dict["PASSWORD"]) else []),
        *tokens,
    }
    assert all(len(secret) > 8 for secret in secrets)
    return secrets


def run_payments_of_all_kinds(client, peer, settings):
    """Pay, fail, forge, refund and reconcile; return the orders."""
    sale = make_sale()
    sale.tell()
    client.post(f"/orders/{sale.order.number}/{order_token(number=sale.order.number)}/pay/")
    for gateway in ("sandbox", "stripe", "nobody"):
        for headers in ({}, {"stripe-signature": f"t=1,v1={SECRET}"}, {"webhook-signature": CARD}):
            client.post(
                f"/api/v1/payments/webhooks/{gateway}/",
                json.dumps({"number": CARD, "secret": settings.SANDBOX_SECRET}),
                content_type="application/json",
                headers=headers,
            )
    paid = make_paid_stripe_sale(peer)
    body = {"id": "evt_card", "type": "x", "data": {"object": {}}, "card": CARD, "other": GROUPED_CARD}
    body["client_secret"] = CLIENT_SECRET
    peer.deliver([json.dumps(body)])
    refund_order(number=paid.order.number, reason="broken", actor="ann", now=timezone.now(), amount=100)
    peer.fail("POST /v1/refunds", Fault.ERROR_BEFORE, Fault.GARBAGE)
    deliver_outbox(now=timezone.now())
    failing = make_stripe_sale()
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(GatewayUnavailable):
        start_another(failing)
    reconcile_payments(now=timezone.now(), since=None, repair=True)
    return [sale.order, paid.order, failing.order]


def start_another(sale):
    Payment.objects.filter(order_id=sale.order.id).update(status="failed")
    start(sale)


def test_no_secret_is_logged_or_shown(client, peer, settings, caplog):
    settings.PAYMENT_GATEWAYS = ["stripe", "sandbox"]
    orders = run_payments_of_all_kinds(client, peer, settings)
    pages = read_admin_pages(orders)
    logged = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records)
    assert "holdfast" in logged or len(logged) > 1000
    for secret in list_secrets(settings, *orders):
        assert secret not in logged
        assert secret not in pages


def read_admin_pages(orders):
    """Return every staff page on which something of these payments is to be seen."""
    anna = make_manager()
    addresses = [f"/admin/orders/order/{order.id}/change/" for order in orders]
    for model in (Payment, Refund, GatewayEvent, ReconciliationFinding):
        name = model._meta.model_name
        addresses.append(f"/admin/payments/{name}/")
        addresses += [f"/admin/payments/{name}/{row.pk}/change/" for row in model.objects.all()]
    addresses += [f"/admin/orders/order/{orders[1].id}/do/refund/", "/admin/orders/outboxmessage/"]
    assert OrderRefund.objects.exists()
    answers = [anna.get(address) for address in addresses]
    assert {answer.status_code for answer in answers} == {200}
    return "\n".join(answer.content.decode() for answer in answers)
