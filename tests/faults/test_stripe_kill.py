"""kill -9 of a process that is talking to the provider: money moves once, and what was opened is found."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from orders.services import deliver_outbox
from payments.services import reconcile_payments, refund_order
from tests.faults.stripe_peer import Fault, StripePeer
from tests.faults.stripe_peer.peer import SECRET
from tests.faults.stripe_sale import StripeSale, list_refunds, make_paid_stripe_sale, place, start

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
BEGIN = """
import sys
import django
django.setup()
from django.db import connection
from django.utils import timezone
connection.settings_dict["NAME"] = sys.argv[1]
"""
PAY = """
from orders.selectors import get_order
from tests.faults.stripe_sale import StripeSale, start
start(StripeSale(None, get_order(number=sys.argv[2])))
"""
SEND_REFUNDS = """
from orders.services import deliver_outbox
deliver_outbox(now=timezone.now())
"""


def kill_while_it_calls(peer: StripePeer, code: str, call: str, *arguments: str) -> None:
    """Run this in a process of its own, and kill it when the provider has done what it asked for."""
    asked = threading.Event()
    peer.fail(call, Fault.HANG)
    peer.on_call = lambda made: asked.set() if made == call else None
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
        "PAYMENT_GATEWAYS": "stripe",
        "STRIPE_SECRET_KEY": "sk_test_of_the_peer",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_API_BASE": peer.url,
        "STRIPE_TIMEOUT_SECONDS": "60",
    }
    command = [sys.executable, "-c", BEGIN + code, str(connection.settings_dict["NAME"]), *arguments]
    with subprocess.Popen(command, env=environment, cwd=ROOT) as process:
        try:
            assert asked.wait(60), "the provider was never asked"
        finally:
            process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
    peer.on_call = None


def kill_while_paying(peer: StripePeer) -> StripeSale:
    """Be a shop that died between the provider's work and its own note of it."""
    sale = place()
    kill_while_it_calls(peer, PAY, "POST /v1/checkout/sessions", sale.order.number)
    [sale.session] = peer.records.sessions
    assert sale.payment.reference is None
    return sale


def test_a_customer_whose_process_died_is_led_to_the_same_session(peer):
    sale = kill_while_paying(peer)
    assert start(sale).redirect_url == peer.records.sessions[sale.session]["url"]
    assert list(peer.records.sessions) == [sale.session]


def test_money_on_a_session_that_died_with_its_process_is_found_by_reconciliation(peer):
    sale = kill_while_paying(peer)
    peer.pay(sale.session)
    peer.drop_all()
    reconcile_payments(now=timezone.now(), since=None, repair=True)
    assert (sale.status, sale.payment.reference) == ("paid", sale.session)


def test_a_refund_whose_worker_died_is_sent_once(peer):
    sale = make_paid_stripe_sale(peer)
    refund_order(number=sale.order.number, reason="broken", actor="ann", now=timezone.now())
    kill_while_it_calls(peer, SEND_REFUNDS, "POST /v1/refunds")
    assert list_refunds() == [(2000, "requested")]
    # The message is leased to the dead worker for a minute.
    deliver_outbox(now=timezone.now() + dt.timedelta(minutes=2))
    assert [refund["amount"] for refund in peer.records.refunds.values()] == [2000]
    assert list_refunds() == [(2000, "succeeded")]
