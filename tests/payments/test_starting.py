"""Opening and closing payments at a gateway."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection

from inventory.ids import new_id
from orders.errors import OrderNotFound, OrderNotPayable
from orders.services import cancel_order, deliver_outbox, sweep_expired_orders
from payments.errors import UnknownGateway
from payments.gateways.sandbox import provider
from payments.models import Payment, SandboxCharge
from payments.selectors import list_gateways, list_payments
from payments.services import close_payments_of_order, start_payment
from tests.builders import NOW, buy, make_stock_item
from tests.payments.making import make_paid_sale, make_sale
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
def order():
    return buy((make_stock_item(), 2)).order


def start(order, *, now=NOW, gateway="sandbox"):
    return start_payment(
        number=order.number,
        gateway=gateway,
        return_url="https://shop.example/orders/1/",
        callback_url="https://shop.example/hook/",
        now=now,
    )


def test_a_payment_says_what_to_pay_and_where(order):
    payment = start(order)
    assert (payment.gateway, payment.status, payment.amount, payment.currency) == (
        "sandbox",
        "started",
        2000,
        "USD",
    )
    charge = SandboxCharge.objects.get()
    assert payment.redirect_url == f"https://shop.example/sandbox/pay/{charge.reference}/"
    assert (charge.amount, charge.currency, charge.callback_url) == (
        2000,
        "USD",
        "https://shop.example/hook/",
    )
    assert order.number in charge.description
    assert list_payments(order_id=order.id) == [payment]


def test_starting_again_returns_the_payment_that_is_open(order):
    assert start(order) == start(order, now=NOW + dt.timedelta(minutes=1))
    assert SandboxCharge.objects.count() == 1


def test_a_declined_payment_is_not_offered_again():
    sale = make_sale()
    provider.settle_charge(sale.reference, approve=False)
    sale.tell("charge.declined")
    assert start(sale.order).id != sale.payment.id
    assert [payment.status for payment in list_payments(order_id=sale.order.id)] == ["failed", "started"]


def test_after_a_crash_before_the_gateways_answer_was_saved_the_same_charge_is_found(order):
    first = start(order)
    run_sql("UPDATE payments_payment SET reference = NULL, redirect_url = ''")
    assert start(order) == first
    assert SandboxCharge.objects.count() == 1


def test_after_a_crash_before_the_gateway_was_called_the_payment_is_still_used(order):
    Payment.objects.create(
        id=new_id(),
        order_id=order.id,
        gateway="sandbox",
        status="started",
        amount=2000,
        currency="USD",
        created_at=NOW,
    )
    start(order)
    assert Payment.objects.get().reference == SandboxCharge.objects.get().reference


@pytest.mark.parametrize("now", [NOW + dt.timedelta(minutes=15), LATER])
def test_no_payment_is_opened_once_the_deadline_is_reached(order, now):
    with pytest.raises(OrderNotPayable):
        start(order, now=now)
    assert not Payment.objects.exists()


def test_a_payment_can_be_opened_until_the_last_moment(order):
    assert start(order, now=order.payment_due_at - dt.timedelta(microseconds=1)).status == "started"


def test_an_order_that_is_paid_or_cancelled_cannot_be_paid():
    paid, cancelled = make_paid_sale().order, make_sale().order
    free = buy((make_stock_item(), 1), unit_price=0).order
    cancel_order(number=cancelled.number, reason="customer", actor="test", now=NOW)
    for order, status in ((paid, "paid"), (cancelled, "cancelled"), (free, "paid")):
        with pytest.raises(OrderNotPayable) as refusal:
            start(order)
        assert (refusal.value.number, refusal.value.status) == (order.number, status)


def test_orders_and_gateways_that_do_not_exist_are_named(order):
    with pytest.raises(UnknownGateway):
        start(order, gateway="piggy-bank")
    run_sql("DELETE FROM orders_orderline")
    run_sql("DELETE FROM orders_order")
    with pytest.raises(OrderNotFound):
        start(order)


def test_gateways_are_offered_in_the_order_of_the_settings_if_they_have_their_secret(settings):
    assert [name for name, label in list_gateways() if label] == ["sandbox"]
    settings.PAYMENT_GATEWAYS = ["piggy-bank", "sandbox"]
    assert [name for name, _label in list_gateways()] == ["sandbox"]
    settings.SANDBOX_SECRET = ""
    assert list_gateways() == []


def test_without_its_secret_a_gateway_opens_no_payment(order, settings):
    settings.SANDBOX_SECRET = ""
    with pytest.raises(UnknownGateway):
        start(order)
    assert not Payment.objects.exists()


@contextmanager
def while_the_gateway_is_asked(happening):
    """Let somebody else do something once, while the gateway opens the charge."""
    left = [happening]

    def do(happen):
        try:
            happen()
        finally:
            connection.close()

    def look_on(execute, sql, params, many, context):
        if left and sql.startswith("INSERT INTO `payments_sandboxcharge`"):
            with ThreadPoolExecutor(1) as somebody:
                somebody.submit(do, left.pop()).result()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look_on):
        yield
    assert not left


@pytest.mark.django_db(transaction=True)
def test_a_payment_opened_while_its_order_is_cancelled_is_closed_at_the_gateway(order):
    def cancel():
        cancel_order(number=order.number, reason="customer", actor="test", now=NOW)
        # The payments of the order are closed at once, and this one cannot be named yet.
        deliver_outbox(now=NOW)

    with while_the_gateway_is_asked(cancel), pytest.raises(OrderNotPayable) as refusal:
        start(order)
    assert refusal.value.status == "cancelled"
    assert SandboxCharge.objects.get().status == "open"
    deliver_outbox(now=NOW)
    assert SandboxCharge.objects.get().status == "cancelled"
    assert [payment.status for payment in list_payments(order_id=order.id)] == ["cancelled"]


def close(sale):
    close_payments_of_order("order.cancelled:1", {"order_id": sale.order.id})


def read_charge(sale):
    return SandboxCharge.objects.get(reference=sale.reference).status


def test_the_payments_of_a_cancelled_order_are_closed_at_the_gateway():
    sale = make_sale()
    close(sale)
    assert (sale.payment.status, read_charge(sale)) == ("cancelled", "cancelled")


def test_closing_twice_is_like_closing_once():
    sale = make_sale()
    close(sale)
    close(sale)
    assert (sale.payment.status, read_charge(sale)) == ("cancelled", "cancelled")


def test_a_payment_the_customer_made_first_stays_open_for_its_event():
    sale = make_sale()
    provider.settle_charge(sale.reference, approve=True)
    close(sale)
    assert (sale.payment.status, read_charge(sale)) == ("started", "succeeded")
    assert sale.tell().outcome == "applied"


def test_closing_leaves_payments_that_have_ended_and_those_of_other_orders():
    paid, other = make_paid_sale(), make_sale()
    close(paid)
    assert (paid.payment.status, read_charge(paid)) == ("succeeded", "succeeded")
    assert (other.payment.status, read_charge(other)) == ("started", "open")


def test_an_order_without_payments_has_nothing_to_close(order):
    close_payments_of_order("k", {"order_id": order.id})


def test_a_swept_order_can_no_longer_be_paid_at_the_gateway():
    sale = make_sale()
    sweep_expired_orders(now=LATER)
    deliver_outbox(now=LATER)
    assert (sale.payment.status, read_charge(sale)) == ("cancelled", "cancelled")
    assert provider.settle_charge(sale.reference, approve=True) is None
