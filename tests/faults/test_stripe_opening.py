"""Opening payments at a provider that fails in the middle: one session for each payment, whatever happens."""

import datetime as dt
import time

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from orders.selectors import order_token
from orders.services import cancel_order, deliver_outbox
from payments.errors import GatewayUnavailable
from payments.models import Payment
from tests.faults.stripe_peer import Fault, StripePeer
from tests.faults.stripe_sale import BACK, make_stripe_sale, place, start
from tests.sessions import run_sql, second_session

pytestmark = pytest.mark.django_db(transaction=True)

CREATE = "POST /v1/checkout/sessions"


def test_a_payment_leads_to_the_providers_own_page(peer: StripePeer) -> None:
    sale = place()
    payment = start(sale)
    [session] = peer.records.sessions.values()
    assert payment.redirect_url == session["url"] == f"{peer.url}/page/{session['id']}"
    assert (session["amount_total"], session["currency"]) == (2000, "usd")
    assert session["client_reference_id"] == sale.order.number
    assert session["success_url"] == BACK
    assert session["metadata"] == session["intent_metadata"] == {"holdfast_payment": f"payment:{payment.id}"}
    assert sale.payment.reference == session["id"]


@pytest.mark.parametrize("minutes", [1, 15, 60, 23 * 60, 3 * 24 * 60])
def test_a_session_outlives_its_order_within_the_bounds_of_the_provider(peer, minutes):
    make_stripe_sale(minutes=minutes)
    [session] = peer.records.sessions.values()
    assert session["expires_at"] - time.time() > min(minutes * 60, 23 * 3600)


def test_an_order_can_be_paid_in_its_last_second_after_a_first_attempt_that_failed(peer):
    sale = place(minutes=60)
    peer.fail(CREATE, Fault.ERROR_BEFORE, Fault.ERROR_BEFORE)
    with pytest.raises(GatewayUnavailable):
        start(sale)
    run_sql("UPDATE payments_payment SET created_at = created_at - INTERVAL 59 MINUTE")
    run_sql("UPDATE orders_order SET payment_due_at = %s", timezone.now() + dt.timedelta(seconds=30))
    assert start(sale).redirect_url


@pytest.mark.parametrize(
    "fault",
    [*(Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.ERROR_KEPT, Fault.RESET, Fault.CONFLICT)],
)
def test_one_failure_is_not_seen_by_the_customer_and_opens_no_second_session(peer, fault):
    peer.fail(CREATE, fault)
    sale = make_stripe_sale()
    assert list(peer.records.sessions) == [sale.session]


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.GARBAGE, Fault.ERROR_AFTER])
def test_after_failures_the_next_attempt_finds_the_session_of_the_first(peer, fault):
    sale = place()
    peer.fail(CREATE, fault, fault)
    peer.fail("GET /v1/checkout/sessions", Fault.ERROR_BEFORE, Fault.ERROR_BEFORE)
    with pytest.raises(GatewayUnavailable):
        start(sale)
    assert sale.payment.reference is None
    payment = start(sale)
    assert [session["url"] for session in peer.records.sessions.values()] == [payment.redirect_url]


def test_a_provider_that_does_not_answer_is_waited_for_only_so_long(peer, settings):
    settings.STRIPE_TIMEOUT_SECONDS = 0.3
    sale = place()
    peer.fail(CREATE, Fault.HANG, Fault.HANG)
    with pytest.raises(GatewayUnavailable):
        start(sale)
    assert start(sale).redirect_url
    assert len(peer.records.sessions) == 1


def test_a_provider_that_is_away_is_told_as_such(peer, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(GatewayUnavailable):
        start(place())


def test_a_customer_who_comes_back_by_another_address_is_let_in(peer):
    sale = place()
    peer.fail(CREATE, Fault.ERROR_AFTER, Fault.ERROR_AFTER)
    peer.fail("GET /v1/checkout/sessions", Fault.ERROR_BEFORE, Fault.ERROR_BEFORE)
    with pytest.raises(GatewayUnavailable):
        start(sale, return_url="https://other.example/")
    assert start(sale).redirect_url


def test_every_key_comes_from_the_payments_own_row(peer):
    sale = make_stripe_sale()
    assert [key.rpartition(":")[0] for key in peer.keys] == [f"payment:{sale.payment.id}"]


def test_what_the_provider_says_of_an_error_gets_into_no_log(peer, caplog):
    caplog.set_level("DEBUG")
    peer.fail(CREATE, Fault.THROTTLED)
    sale = place()
    with pytest.raises(GatewayUnavailable) as failure:
        start(sale)
    assert "429" in str(failure.value)
    assert failure.value.__cause__ is None
    written = caplog.text + str(failure.value)
    for secret in ("sk_test_of_the_peer", "No: throttled", BACK):
        assert secret not in written


def test_no_row_is_locked_while_the_provider_is_asked(peer):
    sale = place()
    seen = []

    def look(call: str) -> None:
        with second_session() as other, other.cursor() as cursor:
            for table in ("orders_order", "payments_payment", "inventory_stockitem"):
                cursor.execute(f"SELECT id FROM {table} FOR UPDATE NOWAIT")  # noqa: S608
                seen.append((call, len(cursor.fetchall())))

    peer.on_call = look
    start(sale)
    assert [count for _call, count in seen] == [1, 1, 1]
    assert not connection.in_atomic_block


def test_a_cancelled_order_has_its_session_closed(peer):
    sale = make_stripe_sale()
    cancel_order(number=sale.order.number, reason="customer", actor="test", now=timezone.now())
    peer.fail("POST /v1/checkout/sessions/", Fault.ERROR_AFTER)
    deliver_outbox(now=timezone.now())
    assert peer.records.sessions[sale.session]["status"] == "expired"
    assert sale.payment.status == "cancelled"
    assert peer.deliver_all() == ["ignored"]


@pytest.mark.parametrize("pay", [StripePeer.pay, StripePeer.pay_later])
def test_a_session_that_was_paid_first_is_not_closed_and_its_money_is_late(peer, pay):
    sale = make_stripe_sale()
    pay(peer, sale.session)
    cancel_order(number=sale.order.number, reason="customer", actor="test", now=timezone.now())
    deliver_outbox(now=timezone.now())
    assert sale.payment.status == "started"
    if pay is StripePeer.pay_later:
        assert peer.deliver_all() == ["applied", "ignored"]
        peer.settle(sale.session, arrives=True)
    assert peer.deliver_all() == ["late_refunded", "duplicate"]


def test_a_session_the_provider_never_heard_of_counts_as_closed(peer):
    sale = make_stripe_sale()
    peer.records.sessions.clear()
    cancel_order(number=sale.order.number, reason="customer", actor="test", now=timezone.now())
    deliver_outbox(now=timezone.now())
    assert sale.payment.status == "cancelled"


def test_over_the_api_a_provider_that_is_away_is_a_503_and_the_order_stays(peer, client, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    sale = place()
    response = client.post(
        reverse("api:order-payments", kwargs={"number": sale.order.number}),
        {},
        content_type="application/json",
        headers={"Order-Token": order_token(number=sale.order.number)},
    )
    assert (response.status_code, response.json()["code"]) == (503, "gateway-unavailable")
    assert Payment.objects.get().status == "started"
