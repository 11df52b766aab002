"""Callbacks that are late, double, out of order, wrong or forged: each ends somewhere visible."""

import datetime as dt
import itertools
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory.selectors import get_stock_level
from orders.selectors import order_token
from orders.services import sweep_expired_orders
from payments.inbox import MAX_ATTEMPTS
from payments.models import EventOutcome, GatewayEvent
from payments.selectors import list_payments
from payments.services import apply_pending_events, reapply_event
from tests.faults.stripe_peer import StripePeer
from tests.faults.stripe_peer.peer import SECRET
from tests.faults.stripe_sale import BACK, list_outcomes, list_refunds, make_stripe_sale, start
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db(transaction=True)


def expire(sale):
    """Let the order's deadline pass."""
    later = sale.order.payment_due_at + dt.timedelta(seconds=1)
    assert sweep_expired_orders(now=later).cancelled == 1


def test_a_card_payment_pays_its_order_once(peer: StripePeer) -> None:
    sale = make_stripe_sale()
    intent = peer.pay(sale.session)
    assert peer.deliver_all() == ["applied", "duplicate"]
    assert (sale.status, sale.payment.status, sale.payment.received_amount) == ("paid", "succeeded", 2000)
    assert sale.payment.charge_reference == intent


def test_events_of_a_payment_may_come_in_any_order_and_any_number_of_times(peer):
    for times, order in itertools.product((1, 3), (1, -1)):
        sale = make_stripe_sale()
        peer.challenge(sale.session)
        peer.pay(sale.session)
        outcomes = peer.deliver(peer.drop_all()[::order] * times)
        assert outcomes.count("duplicate") >= 1
        assert (sale.status, sale.payment.status, sale.payment.received_amount) == ("paid", "succeeded", 2000)
        assert GatewayEvent.objects.filter(outcome="applied", payment=sale.payment).count() == 1


def test_events_that_come_all_at_once_pay_once(peer):
    sale = make_stripe_sale()
    peer.pay(sale.session)
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(peer.call_back, [event.encode() for event in peer.drop_all()] * 4))
    assert {status for status, _answer in answers} == {200}
    apply_pending_events(now=timezone.now() + dt.timedelta(minutes=1))
    assert sorted(list_outcomes()) == ["applied", "duplicate"]
    assert (sale.status, sale.payment.received_amount) == ("paid", 2000)


@pytest.mark.parametrize("arrives", [0, 1])
def test_one_of_the_two_events_about_a_payment_is_enough(peer, arrives):
    sale = make_stripe_sale()
    peer.pay(sale.session)
    assert peer.deliver([peer.drop_all()[arrives]]) == ["applied"]
    assert sale.status == "paid"


def test_a_payment_the_bank_asks_about_first_waits_for_the_customer(peer):
    sale = make_stripe_sale()
    peer.challenge(sale.session)
    assert peer.deliver_all() == ["ignored"]
    assert (sale.status, sale.payment.status) == ("pending", "started")
    assert start(sale).redirect_url == peer.records.sessions[sale.session]["url"]
    peer.pay(sale.session)
    assert peer.deliver_all() == ["applied", "duplicate"]


def test_a_refused_card_ends_nothing_and_another_card_pays(peer):
    sale = make_stripe_sale()
    peer.decline(sale.session)
    assert peer.deliver_all() == ["ignored"]
    assert sale.payment.status == "started"
    peer.pay(sale.session)
    assert peer.deliver_all() == ["applied", "duplicate"]
    assert sale.status == "paid"


def read_page(client, sale):
    """Return what the customer reads on the order's page."""
    number = sale.order.number
    path = reverse("shop:order", kwargs={"number": number, "token": order_token(number=number)})
    return client.get(path).content.decode()


def test_money_that_takes_days_shows_as_under_way_and_is_not_paid_again_meanwhile(peer, client):
    sale = make_stripe_sale()
    peer.pay_later(sale.session)
    assert peer.deliver_all() == ["applied", "ignored"]
    assert (sale.status, sale.payment.status) == ("pending", "processing")
    assert "Your payment is under way" in read_page(client, sale)
    again = start(sale)
    assert (again.redirect_url, again.status) == (BACK, "processing")
    assert len(peer.records.sessions) == 1
    peer.settle(sale.session, arrives=True)
    assert peer.deliver_all() == ["applied", "duplicate"]
    assert (sale.status, sale.payment.status) == ("paid", "succeeded")


def test_money_that_took_days_and_did_not_come_leaves_the_order_to_be_paid_in_another_way(peer):
    sale = make_stripe_sale()
    peer.pay_later(sale.session)
    peer.settle(sale.session, arrives=False)
    assert peer.deliver_all() == ["applied", "ignored", "applied"]
    assert (sale.status, sale.payment.status) == ("pending", "failed")
    start(sale)
    assert [payment.status for payment in list_payments(order_id=sale.order.id)] == ["failed", "started"]


def test_money_that_took_longer_than_the_deadline_is_late(peer, client):
    sale = make_stripe_sale()
    peer.pay_later(sale.session)
    peer.deliver_all()
    expire(sale)
    assert sale.status == "cancelled"
    assert "If your payment still arrives" in read_page(client, sale)
    assert get_stock_level(sku=sale.item.sku).available == 5
    peer.settle(sale.session, arrives=True)
    assert peer.deliver_all() == ["late_reserved", "duplicate"]
    assert (sale.status, get_stock_level(sku=sale.item.sku).available) == ("paid", 3)


def test_a_session_that_ran_out_can_be_opened_again(peer):
    sale = make_stripe_sale()
    peer.records.expire_session(sale.session)
    assert peer.deliver_all() == ["applied"]
    assert sale.payment.status == "cancelled"
    assert start(sale).redirect_url.rpartition("/")[2] != sale.session


@pytest.mark.parametrize(
    "wrong", [{"amount": 1999}, {"amount": 2001}, {"currency": "eur"}, {"amount": 20, "currency": "jpy"}]
)
def test_money_in_the_wrong_amount_or_currency_waits_for_staff(peer, wrong):
    sale = make_stripe_sale()
    peer.pay(sale.session, **wrong)
    assert peer.deliver_all() == ["amount_mismatch", "duplicate"]
    assert (sale.status, sale.payment.status) == ("pending", "review")


def test_a_second_charge_for_one_payment_waits_for_staff(peer):
    sale = make_stripe_sale()
    peer.pay(sale.session)
    peer.records.sessions[sale.session]["payment_intent"] = None
    peer.pay(sale.session)
    assert peer.deliver_all() == ["applied", "duplicate", "review", "review"]
    assert sale.payment.received_amount == 2000


def test_money_for_a_payment_nobody_knows_is_kept_retried_and_left_to_staff(peer):
    sale = make_stripe_sale()
    session = peer.records.sessions[sale.session]
    session["metadata"] = session["intent_metadata"] = {"holdfast_payment": "payment:12345"}
    run_sql("UPDATE payments_payment SET reference = 'cs_test_other'")
    peer.pay(sale.session)
    assert peer.deliver_all() == ["", ""]
    for _ in range(MAX_ATTEMPTS - 1):
        GatewayEvent.objects.update(apply_after=timezone.now())
        apply_pending_events(now=timezone.now())
    assert list_outcomes() == ["unknown_reference"] * 2
    run_sql("UPDATE payments_payment SET reference = %s", sale.session)
    event = GatewayEvent.objects.get(kind="payment.succeeded", reference=sale.session)
    assert reapply_event(event_pk=event.pk, now=timezone.now())
    assert sale.status == "paid"


def test_what_the_account_sells_elsewhere_is_none_of_our_business(peer):
    sale = make_stripe_sale()
    session = peer.records.sessions[sale.session]
    session["metadata"] = session["intent_metadata"] = {}
    peer.pay(sale.session)
    peer.records.tell("customer.created", {"id": "cus_1", "object": "customer"})
    assert peer.deliver_all() == ["ignored"] * 3
    assert GatewayEvent.objects.filter(payment=None).count() == 3


def test_money_is_found_by_our_key_when_the_reference_was_lost_in_a_crash(peer):
    sale = make_stripe_sale()
    run_sql("UPDATE payments_payment SET reference = NULL, redirect_url = ''")
    peer.pay(sale.session)
    assert peer.deliver_all() == ["applied", "duplicate"]
    assert (sale.status, sale.payment.reference) == ("paid", sale.session)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"id": 7, "type": "x"}',
        b'{"id": "evt_1", "type": "checkout.session.completed"}',
        b'{"id": "evt_1", "type": "checkout.session.completed", "data": {"object": []}}',
        b'{"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {"id": 5}}}',
        b'{"id": "evt_1", "type": ["x"], "data": {"object": {}}}',
        b"[" * 20000,
        b'{"id": "' + b"e" * 500 + b'", "type": "payment_intent.succeeded", "data": null}',
    ],
)
def test_signed_garbage_is_kept_once_and_waits_for_staff(peer, body):
    for _ in range(2):
        status, answer = peer.call_back(body)
        assert (status, answer["outcome"]) == (200, "review")
    assert GatewayEvent.objects.get().outcome == EventOutcome.REVIEW


def change(event: str, **changes: object) -> bytes:
    """Return the event with something else in its record."""
    content = json.loads(event)
    content["data"]["object"].update(changes)
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_total": "2000"},
        {"amount_total": 20.0},
        {"amount_total": None},
        {"amount_total": 10**30},
        {"amount_total": True},
        {"currency": None},
        {"currency": "x" * 50},
        {"id": 7},
        {"id": "\ud800"},
        {"metadata": "payment:1"},
        {"metadata": {"holdfast_payment": ["payment:1"]}},
        {"payment_intent": {"x": 1}},
    ],
)
def test_a_signed_event_that_says_what_cannot_be_waits_for_staff(peer, changes):
    sale = make_stripe_sale()
    peer.pay(sale.session)
    [_intent, session] = peer.drop_all()
    status, answer = peer.call_back(change(session, **changes))
    assert (status, answer["outcome"]) == (200, "review")
    assert sale.status == "pending"


@pytest.mark.parametrize(
    "sign",
    [
        lambda peer, body: "",
        lambda peer, body: "t=1,v1=00",
        lambda peer, body: "t=x,v1=" + "0" * 64,
        lambda peer, body: "t=" + "9" * 5000 + ",v1=00",
        lambda peer, body: "v1=é",
        lambda peer, body: peer.sign(body, secret="whsec_of_somebody_else"),
        lambda peer, body: peer.sign(body, secret=""),
        lambda peer, body: peer.sign(body + b" "),
        lambda peer, body: peer.sign(body, age=302),
        lambda peer, body: peer.sign(body).replace("v1=", "v0="),
    ],
)
def test_what_the_provider_did_not_sign_just_now_is_refused_and_not_kept(peer, sign):
    sale = make_stripe_sale()
    peer.pay(sale.session)
    body = peer.drop_all()[0].encode()
    status, answer = peer.call_back(body, signature=sign(peer, body).encode("utf-8").decode("latin-1"))
    assert (status, answer["code"]) == (400, "signature-invalid")
    assert not GatewayEvent.objects.exists()
    assert sale.status == "pending"


def test_a_callback_four_minutes_old_is_taken(peer):
    sale = make_stripe_sale()
    peer.pay(sale.session)
    body = peer.drop_all()[0].encode()
    assert peer.call_back(body, signature=peer.sign(body, age=240))[1]["outcome"] == "applied"


def test_while_the_secret_is_changed_both_are_good(peer, settings):
    sale = make_stripe_sale()
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", SECRET]
    peer.pay(sale.session)
    old, new = (event.encode() for event in peer.drop_all())
    assert peer.call_back(old)[1]["outcome"] == "applied"
    assert peer.call_back(new, signature=peer.sign(new, secret="whsec_new"))[1]["outcome"] == "duplicate"


@pytest.mark.parametrize("missing", ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS"])
def test_without_its_secrets_the_webhook_refuses(peer, settings, missing):
    sale = make_stripe_sale()
    peer.pay(sale.session)
    setattr(settings, missing, "" if missing == "STRIPE_SECRET_KEY" else [])
    body = peer.drop_all()[0].encode()
    assert peer.call_back(body)[0] == 404
    assert peer.call_back(body, signature=peer.sign(body, secret=""))[0] == 404
    assert list_refunds() == []
    assert not GatewayEvent.objects.exists()
