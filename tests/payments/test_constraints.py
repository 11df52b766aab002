"""What the database itself refuses, whoever writes: the last line behind every rule of money."""

import pytest
from django.db import IntegrityError, transaction

from inventory.ids import new_id
from payments.models import GatewayEvent, Payment, Refund
from tests.builders import NOW
from tests.payments.making import make_paid_sale, make_sale

pytestmark = pytest.mark.django_db


def update(rows, **columns):
    """Change rows past every service."""
    with transaction.atomic():
        rows.update(**columns)


def write_payment(order, **columns):
    """Write a payment past every service."""
    row = {"id": new_id(), "gateway": "sandbox", "status": "started", "amount": 1, "currency": "USD"}
    with transaction.atomic():
        Payment.objects.bulk_create([Payment(order_id=order.id, created_at=NOW, **{**row, **columns})])


@pytest.mark.parametrize("amount", [0, -1])
def test_a_payment_is_of_more_than_nothing(amount):
    with pytest.raises(IntegrityError, match="payment_amount_positive"):
        write_payment(make_sale().order, amount=amount)


@pytest.mark.parametrize(("received", "refunded"), [(0, 1), (2000, 2001), (2000, -1), (-1, 0)])
def test_no_more_goes_back_than_came_in(received, refunded):
    make_sale()
    with pytest.raises(IntegrityError, match="payment_refunds_within_received"):
        update(Payment.objects, received_amount=received, refunded_amount=refunded)


def test_all_that_came_in_can_go_back():
    make_sale()
    update(Payment.objects, received_amount=2000, refunded_amount=2000)


def test_a_gateways_reference_names_one_payment():
    sale = make_sale()
    write_payment(sale.order, reference=sale.reference, gateway="another")
    with pytest.raises(IntegrityError, match="payment_once_per_reference"):
        write_payment(sale.order, reference=sale.reference)


def test_payments_without_a_reference_yet_do_not_collide():
    order = make_sale().order
    write_payment(order)
    write_payment(order)


@pytest.mark.parametrize("amount", [0, -1])
def test_a_refund_is_of_more_than_nothing(amount):
    payment = make_paid_sale().payment
    with pytest.raises(IntegrityError, match="refund_amount_positive"), transaction.atomic():
        Refund.objects.create(id=1, payment=payment, amount=amount, reason="", actor="", created_at=NOW)


def test_an_event_is_kept_once():
    event = GatewayEvent(
        gateway="sandbox", event_id="evt", kind="other", body="{}", received_at=NOW, apply_after=NOW
    )
    GatewayEvent.objects.bulk_create([event])
    event.pk = None
    with pytest.raises(IntegrityError, match="gatewayevent_once"), transaction.atomic():
        GatewayEvent.objects.bulk_create([event])
    event.gateway = "another"
    GatewayEvent.objects.bulk_create([event])
