"""Money on its way back through a provider that fails in the middle: each refund is sent once."""

import datetime as dt

import pytest
from django.utils import timezone

from orders.models import OutboxMessage
from orders.services import deliver_outbox
from payments.gateways.registry import get_gateway
from payments.models import GatewayEvent, Refund
from payments.services import execute_refund, refund_order, refund_payment
from tests.faults.stripe_peer import Fault, StripePeer
from tests.faults.stripe_sale import list_refunds, make_paid_stripe_sale, make_stripe_sale
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db(transaction=True)

REFUND = "POST /v1/refunds"


def refund(sale):
    refund_order(number=sale.order.number, reason="broken", actor="ann", now=timezone.now())


def deliver(*, hours: int = 0) -> int:
    """Deliver what is due after so many hours."""
    return deliver_outbox(now=timezone.now() + dt.timedelta(hours=hours))


def list_sent(peer: StripePeer) -> list[int]:
    return [refund["amount"] for refund in peer.records.refunds.values()]


def test_a_refund_is_sent_and_bears_our_names(peer: StripePeer) -> None:
    sale = make_paid_stripe_sale(peer)
    refund(sale)
    deliver()
    [sent] = peer.records.refunds.values()
    row = Refund.objects.get()
    assert (row.status, row.reference, sent["amount"]) == ("succeeded", sent["id"], 2000)
    assert sent["payment_intent"] == sale.payment.charge_reference
    assert sent["metadata"] == {
        "holdfast_refund": f"refund:{row.id}",
        "holdfast_payment": f"payment:{sale.payment.id}",
    }
    assert peer.keys[-1] == f"refund:{row.id}"


def test_refunds_are_found_on_whatever_page_of_the_providers_list_they_are(peer: StripePeer) -> None:
    sale = make_paid_stripe_sale(peer)
    for _part in range(peer.page_size + 1):
        refund_order(number=sale.order.number, amount=100, reason="late", actor="ann", now=timezone.now())
    deliver()
    first = Refund.objects.earliest("id")
    peer.answers.clear()
    Refund.objects.filter(id=first.id).update(status="requested")
    execute_refund("again", {"refund_id": first.id})
    assert list_sent(peer) == [100] * (peer.page_size + 1)
    listed = get_gateway("stripe").list_refunds(
        reference=sale.payment.reference or "", charge_reference=sale.payment.charge_reference
    )
    assert [refund.amount for refund in listed] == [100] * (peer.page_size + 1)


@pytest.mark.parametrize(
    "fault", [Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.ERROR_KEPT, Fault.RESET, Fault.GARBAGE]
)
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_refund_is_sent_once_however_often_its_call_fails(peer, fault, times):
    sale = make_paid_stripe_sale(peer)
    refund(sale)
    peer.fail(REFUND, *[fault] * times)
    for hour in range(3):
        deliver(hours=hour)
    assert list_sent(peer) == [2000]
    assert list_refunds() == [(2000, "succeeded")]


def test_a_refund_is_sent_once_although_the_provider_has_forgotten_the_key(peer):
    sale = make_paid_stripe_sale(peer)
    refund(sale)
    peer.fail(REFUND, Fault.ERROR_AFTER, Fault.ERROR_AFTER)
    deliver()
    assert list_refunds() == [(2000, "requested")]
    peer.answers.clear()
    # Where the provider would let more go back than came in.
    [intent] = peer.records.intents.values()
    intent["latest_charge"]["amount_refunded"] = 0
    deliver(hours=30)
    assert list_sent(peer) == [2000]


def test_a_provider_that_does_not_answer_gets_its_refund_later(peer, settings):
    settings.STRIPE_TIMEOUT_SECONDS = 0.3
    sale = make_paid_stripe_sale(peer)
    refund(sale)
    peer.fail(REFUND, Fault.HANG, Fault.HANG)
    deliver()
    assert list_refunds() == [(2000, "requested")]
    assert (
        "GatewayUnavailable"
        in OutboxMessage.objects.get(topic="payment.refund", subscriber="payments").latest_error
    )
    settings.STRIPE_TIMEOUT_SECONDS = 5.0
    deliver(hours=1)
    assert list_sent(peer) == [2000]
    assert list_refunds() == [(2000, "succeeded")]


def test_a_refund_finds_its_charge_although_nobody_told_us_of_it(peer):
    sale = make_paid_stripe_sale(peer)
    run_sql("UPDATE payments_payment SET charge_reference = ''")
    refund(sale)
    deliver()
    assert list_sent(peer) == [2000]


def test_a_refund_that_comes_back_waits_for_staff(peer):
    sale = make_paid_stripe_sale(peer)
    refund(sale)
    deliver()
    [sent] = peer.records.refunds
    peer.records.fail_refund(sent)
    assert peer.deliver_all() == ["review"]
    event = GatewayEvent.objects.get(kind="refund.failed")
    assert (event.payment, event.charge_reference) == (sale.payment, sent)
    assert list_refunds() == [(2000, "failed")]
    assert sale.payment.refunded_amount == 2000


def test_a_refund_the_provider_cannot_send_stays_requested(peer):
    sale = make_paid_stripe_sale(peer)
    [intent] = peer.records.intents.values()
    intent["latest_charge"]["amount_refunded"] = 1
    refund(sale)
    deliver()
    assert list_refunds() == [(2000, "requested")]
    assert (
        "charge_already_refunded"
        in OutboxMessage.objects.get(topic="payment.refund", subscriber="payments").latest_error
    )


def test_money_in_another_currency_goes_back_in_that_one(peer):
    sale = make_stripe_sale()
    # 15 krónur, which Stripe counts in hundredths.
    peer.pay(sale.session, amount=1500, currency="isk")
    assert peer.deliver_all() == ["amount_mismatch", "duplicate"]
    assert (sale.payment.received_amount, sale.payment.received_currency) == (15, "ISK")
    refund_payment(payment_id=sale.payment.id, reason="wrong", actor="ann", now=timezone.now())
    deliver()
    assert list_sent(peer) == [1500]
