"""Refunds made at the gateway's own pages are found by reconciliation, and booked when staff say so."""

import pytest
from django.utils import timezone

from inventory.selectors import get_stock_level
from orders.selectors import get_order
from orders.services import deliver_outbox
from payments.books import check_payments
from payments.gateways.sandbox import provider
from payments.models import FindingKind, ReconciliationFinding, Refund, SandboxCharge
from payments.services import reconcile_payments, refund_order
from tests.faults.stripe_sale import make_paid_stripe_sale
from tests.payments.making import make_paid_sale
from tests.staff import address_of, make_manager, make_staff, press, said

pytestmark = pytest.mark.django_db(transaction=True)


def reconcile():
    """Reconcile, and return the open findings about refunds."""
    reconcile_payments(now=timezone.now(), since=None, repair=True)
    open_ones = ReconciliationFinding.objects.filter(kind=FindingKind.REFUND_DIFFERS, resolved_at=None)
    return list(open_ones)


def refund_at_sandbox(sale, amount, key="by hand"):
    SandboxCharge.objects.filter(reference=sale.reference).update(created_at=timezone.now())
    return provider.refund_charge(sale.reference, amount=amount, idempotency_key=key)


def test_a_refund_made_at_the_gateway_is_booked_once_and_the_books_agree_again():
    sale = make_paid_sale()
    reference = refund_at_sandbox(sale, 500)
    [finding] = reconcile()
    anna = make_manager()
    assert "done" in said(press(anna, finding, "book_refunds"))
    refund = Refund.objects.get()
    assert (refund.amount, refund.status, refund.reference) == (500, "succeeded", reference)
    assert (refund.actor, sale.payment.refunded_amount) == ("staff:anna", 500)
    assert "nothing to do" in said(press(anna, finding, "book_refunds"))
    order = get_order(number=sale.order.number)
    assert (order.status, order.refunded_amount, Refund.objects.count()) == ("paid", 500, 1)
    assert (reconcile(), list(check_payments())) == ([], [])
    deliver_outbox(now=timezone.now())
    assert sum(SandboxCharge.objects.get().refunds.values()) == 500


def test_an_order_whose_money_all_went_back_at_the_gateway_is_refunded():
    sale = make_paid_sale()
    refund_order(number=sale.order.number, reason="", actor="ann", now=timezone.now(), amount=300)
    deliver_outbox(now=timezone.now())
    refund_at_sandbox(sale, 1700)
    [finding] = reconcile()
    press(make_manager(), finding, "book_refunds")
    assert (get_order(number=sale.order.number).status, sale.payment.refunded_amount) == ("refunded", 2000)
    assert get_stock_level(sku=sale.item.sku).available == 5
    assert (reconcile(), list(check_payments())) == ([], [])


def test_a_refund_made_at_stripe_is_booked(peer):
    sale = make_paid_stripe_sale(peer)
    made = peer.records.refund(sale.payment.charge_reference, 700, {})
    [finding] = reconcile()
    press(make_manager(), finding, "book_refunds")
    refund = Refund.objects.get()
    assert (refund.amount, refund.reference) == (700, made["id"])
    assert (reconcile(), list(check_payments())) == ([], [])


def test_booking_refunds_needs_its_permission():
    refund_at_sandbox(make_paid_sale(), 500)
    [finding] = reconcile()
    vera = make_staff("view_reconciliationfinding", "change_reconciliationfinding")
    assert vera.post(address_of(finding, "book_refunds"), {"confirmed": "yes"}).status_code == 403
    assert not Refund.objects.exists()
