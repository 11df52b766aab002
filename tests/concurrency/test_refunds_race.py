"""Refunds of one order at once: never more money than was paid, no line over its quantity, no unit twice."""

import random
from collections.abc import Callable
from functools import partial

from inventory.selectors import get_stock_level
from orders.errors import InvalidTransition, NotThatManyToRefund, RefundTooLarge
from orders.selectors import get_order
from orders.services import deliver_outbox, fulfil_order
from orders.types import LineRefund
from payments.errors import NothingToRefund
from payments.gateways.sandbox import provider
from payments.models import OrderRefund, Payment, Refund, SandboxCharge
from payments.services import refund_order
from tests.builders import NOW, buy, make_callback, open_payment
from tests.concurrency.race import race

REFUSALS = (InvalidTransition, NotThatManyToRefund, RefundTooLarge, NothingToRefund)


def make_paid_order(*wanted):
    order = buy(*wanted).order
    reference = open_payment(order)
    provider.settle_charge(reference, approve=True)
    make_callback(reference, amount=order.total_amount).deliver()
    return order


def refund(order, *lines, **how):
    return refund_order(number=order.number, reason="broken", actor="ann", now=NOW, lines=lines, **how)


def test_refunds_at_once_send_no_more_than_was_paid(make_item):
    """Case 43: concurrent refunds exceed the payment."""
    order = make_paid_order((make_item(10), 5))
    outcome = race([lambda: refund(order, amount=1700)] * 8)
    assert outcome.count_errors(*REFUSALS) == 6
    assert list(Refund.objects.values_list("amount", flat=True)) == [1700, 1700]
    payment = Payment.objects.get()
    assert (payment.refunded_amount, get_order(number=order.number).refunded_amount) == (3400, 3400)
    deliver_outbox(now=NOW)
    assert sum(SandboxCharge.objects.get().refunds.values()) == 3400


def test_a_line_refunded_by_many_at_once_gives_back_each_unit_once(make_item):
    item = make_item(10)
    order = make_paid_order((item, 5), (make_item(10), 1))
    outcome = race([lambda: refund(order, LineRefund(0, 1))] * 9)
    assert outcome.count_errors(*REFUSALS) == 4
    after = get_order(number=order.number)
    assert [line.refunded_quantity for line in after.lines] == [5, 0]
    assert (after.status, after.refunded_amount, Payment.objects.get().refunded_amount) == (
        "paid",
        5000,
        5000,
    )
    assert get_stock_level(sku=item.sku).available == 10


def test_one_form_sent_by_two_clicks_at_once_refunds_once(make_item):
    """Case 43: a double refund by a double click."""
    item = make_item(10)
    order = make_paid_order((item, 5))
    outcome = race([lambda: refund(order, LineRefund(0, 1), token="a" * 32)] * 6)
    assert outcome.errors == []
    assert (OrderRefund.objects.count(), Payment.objects.get().refunded_amount) == (1, 1000)
    assert get_stock_level(sku=item.sku).available == 6


def test_parts_all_of_it_and_shipping_at_once_end_with_each_unit_in_one_place(make_item):
    item, other = make_item(20), make_item(20)
    orders = [make_paid_order((item, 2), (other, 1)) for _ in range(4)]
    racers: list[Callable[[], object]] = []
    for order in orders:
        racers += [
            partial(refund, order, LineRefund(0, 1, restock=True)),
            partial(refund, order, LineRefund(0, 1), LineRefund(1, 1)),
            partial(refund, order),
            partial(fulfil_order, number=order.number, actor="ann", now=NOW),
        ]
    random.shuffle(racers)
    race(racers).count_errors(*REFUSALS)
    # Whatever came first, all went back in the end: what was shipped and not taken back is gone.
    for order in orders:
        after = get_order(number=order.number)
        assert (after.status, after.refunded_amount) == ("refunded", 3000)
    for payment in Payment.objects.all():
        assert payment.refunded_amount == payment.received_amount
    for level in (get_stock_level(sku=item.sku), get_stock_level(sku=other.sku)):
        assert level.on_hand == level.available


def test_two_orders_of_two_items_refunded_in_opposite_order_are_no_deadlock(make_item):
    one, two = make_item(20), make_item(20)
    orders = [make_paid_order((one, 3), (two, 3)), make_paid_order((two, 3), (one, 3))]
    outcome = race([partial(refund, order, LineRefund(0, 1), LineRefund(1, 1)) for order in orders] * 3)
    assert outcome.errors == []
    assert [get_stock_level(sku=item.sku).available for item in (one, two)] == [20, 20]
