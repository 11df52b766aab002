"""Money on its way back: never more than came in, and sent once."""

import datetime as dt

import pytest
from django.db import transaction

from inventory.errors import TransactionRequired
from inventory.selectors import get_stock_level
from orders.errors import InvalidTransition, OrderNotFound, RefundTooLarge
from orders.models import OutboxMessage
from orders.selectors import get_order
from orders.services import deliver_outbox, fulfil_order
from payments.errors import NothingToRefund, NotInReview
from payments.gateways.sandbox import provider
from payments.models import Refund, SandboxCharge
from payments.refunds import request_refund
from payments.services import execute_refund, refund_order, refund_payment
from tests.builders import NOW, buy, make_stock_item
from tests.payments.making import list_refunds, make_paid_sale, make_sale
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def sale():
    return make_paid_sale()


def refund(sale):
    return refund_order(number=sale.order.number, reason="broken", actor="ann", now=NOW)


def request(sale, amount):
    with transaction.atomic():
        request_refund(payment=sale.payment, amount=amount, reason="broken", actor="ann", now=NOW)


def execute(refund):
    execute_refund(f"payment.refund:{refund.id}", {"refund_id": refund.id})


def count_sent(sale):
    """Return what the provider has sent back, in minor units, one number for each refund it made."""
    return list(SandboxCharge.objects.get(reference=sale.reference).refunds.values())


def test_a_refunded_order_gives_back_its_money_and_its_units(sale):
    order = refund(sale)
    assert (order.status, order.refunded_at) == ("refunded", NOW)
    assert list_refunds() == [(2000, "broken", "requested")]
    assert sale.payment.refunded_amount == 2000
    assert get_stock_level(sku=sale.item.sku).available == 5


def test_what_was_shipped_does_not_come_back_with_the_money(sale):
    fulfil_order(number=sale.order.number, actor="ann", now=NOW)
    refund(sale)
    level = get_stock_level(sku=sale.item.sku)
    assert (level.on_hand, level.available) == (3, 3)


def test_the_gateway_sends_the_money_when_the_outbox_is_delivered(sale):
    refund(sale)
    assert count_sent(sale) == []
    deliver_outbox(now=NOW)
    assert count_sent(sale) == [2000]
    row = Refund.objects.get()
    assert (row.status, row.actor) == ("succeeded", "ann")
    assert row.reference
    assert row.succeeded_at


def test_an_order_is_refunded_once(sale):
    refund(sale)
    with pytest.raises(InvalidTransition):
        refund(sale)
    assert len(list_refunds()) == 1
    assert get_stock_level(sku=sale.item.sku).available == 5


def test_only_an_order_that_is_paid_can_be_refunded():
    sale = make_sale()
    with pytest.raises(InvalidTransition):
        refund(sale)
    with pytest.raises(OrderNotFound):
        refund_order(number="NOBODYS", reason="", actor="ann", now=NOW)
    assert (sale.status, list_refunds()) == ("pending", [])


def test_an_order_that_cost_nothing_is_refunded_without_money():
    item = make_stock_item(on_hand=5)
    order = buy((item, 2), unit_price=0).order
    assert refund_order(number=order.number, reason="", actor="ann", now=NOW).status == "refunded"
    assert list_refunds() == []
    assert get_stock_level(sku=item.sku).available == 5


def test_only_what_is_left_of_a_payment_goes_back_with_its_order(sale):
    request(sale, 500)
    refund(sale)
    assert [amount for amount, _reason, _status in list_refunds()] == [500, 1500]


def test_refunds_together_cannot_exceed_what_came_in(sale):
    request(sale, 1500)
    with pytest.raises(RefundTooLarge) as refusal:
        request(sale, 501)
    assert refusal.value.left == 500
    request(sale, 500)
    assert sale.payment.refunded_amount == 2000
    assert [amount for amount, _reason, _status in list_refunds()] == [1500, 500]
    assert OutboxMessage.objects.filter(topic="payment.refund").count() == 2


def test_nothing_goes_back_of_a_payment_that_brought_nothing():
    sale = make_sale()
    with pytest.raises(RefundTooLarge):
        request(sale, 1)
    with pytest.raises(NothingToRefund):
        refund_payment(payment_id=sale.payment.id, reason="", actor="ann", now=NOW)
    assert list_refunds() == []


def test_money_in_the_wrong_amount_can_be_sent_back_and_the_order_stays_as_it_is():
    sale = make_sale()
    sale.tell(amount=2500)
    refund_payment(payment_id=sale.payment.id, reason="too much", actor="ann", now=NOW)
    assert list_refunds() == [(2500, "too much", "requested")]
    assert get_order(number=sale.order.number).status == "pending"
    with pytest.raises(NothingToRefund):
        refund_payment(payment_id=sale.payment.id, reason="too much", actor="ann", now=NOW)


def test_money_that_counts_for_an_order_goes_back_with_the_order_only(sale):
    with pytest.raises(NotInReview):
        refund_payment(payment_id=sale.payment.id, reason="", actor="ann", now=NOW)
    assert (sale.status, sale.payment.refunded_amount, list_refunds()) == ("paid", 0, [])


@pytest.mark.django_db(transaction=True)
def test_a_refund_is_requested_in_the_transaction_of_its_cause_or_not_at_all():
    sale = make_paid_sale()
    with pytest.raises(TransactionRequired):
        request_refund(payment=sale.payment, amount=1, reason="", actor="ann", now=NOW)
    assert sale.payment.refunded_amount == 0


def test_executing_a_refund_twice_sends_the_money_once(sale, settings):
    refund(sale)
    row = Refund.objects.get()
    execute(row)
    first = Refund.objects.get()
    # Nobody asks the gateway again: it could be gone by now.
    settings.SANDBOX_SECRET = ""
    execute(row)
    assert count_sent(sale) == [2000]
    again = Refund.objects.get()
    assert (again.succeeded_at, again.reference) == (first.succeeded_at, first.reference)


def test_after_a_crash_before_the_gateways_answer_was_saved_the_money_is_not_sent_again(sale):
    refund(sale)
    row = Refund.objects.get()
    execute(row)
    reference = Refund.objects.get().reference
    run_sql("UPDATE payments_refund SET status = 'requested', reference = '', succeeded_at = NULL")
    execute(row)
    assert count_sent(sale) == [2000]
    assert (Refund.objects.get().status, Refund.objects.get().reference) == ("succeeded", reference)


def test_a_refund_the_gateway_refuses_is_tried_again_and_not_taken_for_sent():
    # Nobody has paid at the provider, whatever the event said.
    sale = make_sale()
    sale.tell()
    refund(sale)
    deliver_outbox(now=NOW)
    assert Refund.objects.get().status == "requested"
    assert OutboxMessage.objects.get(topic="payment.refund", subscriber="payments").is_waiting
    SandboxCharge.objects.update(status="succeeded")
    deliver_outbox(now=NOW + dt.timedelta(minutes=1))
    assert Refund.objects.get().status == "succeeded"


def test_the_provider_sends_no_more_than_it_took(sale):
    provider.refund_charge(sale.reference, amount=1500, idempotency_key="a")
    provider.refund_charge(sale.reference, amount=1500, idempotency_key="a")
    with pytest.raises(ValueError, match="more than was charged"):
        provider.refund_charge(sale.reference, amount=501, idempotency_key="b")
    assert count_sent(sale) == [1500]


def test_late_money_is_sent_back_by_the_outbox(settings):
    settings.LATE_PAYMENT = "refund"
    sale = make_sale()
    run_sql("UPDATE orders_order SET status = 'cancelled', cancel_reason = 'expired'")
    provider.settle_charge(sale.reference, approve=True)
    assert sale.tell().outcome == "late_refunded"
    deliver_outbox(now=NOW)
    assert count_sent(sale) == [2000]
