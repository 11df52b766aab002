"""Points go with their order and come back with it, once; late money takes them again."""

import datetime as dt
import uuid
from dataclasses import replace

import pytest
from django.contrib.auth import get_user_model

from config.books import check_books
from inventory.errors import OutOfStock
from inventory.transactions import run_in_transaction
from orders.errors import InvalidOrder, PointsBooked, PointsMissing
from orders.models import Order
from orders.points import ledger
from orders.points.ledger import Booking
from orders.points.models import EntryKind, PointsBalance, PointsEntry
from orders.selectors import get_order, get_order_points
from orders.services import (
    place_order,
    sweep_expired_orders,
)
from orders.types import Adjustment, OrderPoints
from payments.models import Payment
from tests.builders import NOW, buy, make_customer, make_draft, make_payment_callback, make_stock_item
from tests.orders.spending import (
    buy_with_points,
    cancel,
    count_adjustments,
    draft_with_points,
    list_entries,
    pay,
    read_balance,
    refund,
)

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + dt.timedelta(hours=1)


def test_points_take_their_worth_off_the_total_and_leave_the_balance(item):
    ann = make_customer(points=500)
    order = buy_with_points(item, ann, 300).order
    assert (order.total_amount, order.lines_amount, order.points) == (700, 1000, 300)
    assert read_balance(ann) == (200, 0)
    assert get_order(number=order.number) == order
    assert get_order_points(order_id=order.id) == OrderPoints(spent=300, earned=0)
    assert check_books() == []


def test_who_has_too_few_points_orders_nothing(item):
    ann = make_customer(points=299)
    with pytest.raises(PointsMissing) as refused:
        buy_with_points(item, ann, 300)
    assert (refused.value.wanted, refused.value.balance) == (300, 299)
    assert not Order.objects.exists()
    assert read_balance(ann) == (299, 0)


def test_who_never_had_points_has_none_to_spend(item):
    with pytest.raises(PointsMissing):
        buy_with_points(item, make_customer(), 1)
    assert not Order.objects.exists()


def test_points_gone_after_the_look_refuse_the_order_in_its_transaction(item, monkeypatch):
    ann, seen = make_customer(points=10), []

    def look(**wanted):
        seen.append(wanted)
        if len(seen) > 1:
            require_balance(**wanted)

    require_balance = ledger.require_balance
    monkeypatch.setattr(ledger, "require_balance", look)
    with pytest.raises(PointsMissing):
        buy_with_points(item, ann, 11)
    assert len(seen) == 2
    assert not Order.objects.exists()
    assert list_entries(ann) == []
    assert check_books() == []


def test_a_sold_out_order_keeps_the_points_where_they_are():
    item, ann = make_stock_item(on_hand=0), make_customer(points=10)
    with pytest.raises(OutOfStock):
        buy_with_points(item, ann, 10)
    assert read_balance(ann) == (10, 0)


def test_the_same_key_spends_once_and_gives_the_same_order(item):
    ann, key = make_customer(points=500), uuid.uuid4().hex
    first = buy_with_points(item, ann, 300, key=key)
    again = buy_with_points(item, ann, 300, key=key)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.order == first.order
    assert read_balance(ann) == (200, 0)


def test_an_order_that_points_pay_in_full_is_paid(item):
    ann = make_customer(points=1000)
    order = buy_with_points(item, ann, 1000).order
    assert (order.status, order.total_amount) == ("paid", 0)
    assert not Payment.objects.exists()
    sweep_expired_orders(now=LATER)
    assert get_order(number=order.number).status == "paid"
    assert check_books() == []


@pytest.mark.parametrize("strategy", ["combined", "pooled", "optimistic"])
def test_points_are_spent_whatever_the_strategy(strategy):
    item, ann = make_stock_item(on_hand=3, strategy=strategy), make_customer(points=10)
    buy_with_points(item, ann, 4)
    buy_with_points(item, ann, 6)
    assert read_balance(ann) == (0, 0)
    assert check_books() == []


@pytest.mark.parametrize(
    "adjustment",
    [
        Adjustment("points", "too much", -1001, 1001),
        Adjustment("points", "less than none", 0, -1),
        Adjustment("points", "no number", "-1", 1),  # type: ignore[arg-type]
        Adjustment("points", "half a point", -1, 0.5),  # type: ignore[arg-type]
        Adjustment("points", "more than money", 10**16, 0),
    ],
    ids=lambda adjustment: adjustment.label,
)
def test_an_adjustment_that_makes_no_sense_is_refused(item, adjustment):
    draft = replace(make_draft((item, 1)), customer_id=make_customer(points=9), adjustments=(adjustment,))
    with pytest.raises(InvalidOrder):
        place_order(draft=draft, idempotency_scope="test", idempotency_key="k", now=NOW)


def test_a_guest_has_no_points_to_spend(item):
    draft = replace(draft_with_points(item, 1, 5), customer_id=None)
    with pytest.raises(InvalidOrder):
        place_order(draft=draft, idempotency_scope="test", idempotency_key="k", now=NOW)


def test_an_order_without_points_writes_nothing_about_them(item):
    buy((item, 1))
    assert count_adjustments() == 0
    assert not PointsEntry.objects.exists()
    assert not PointsBalance.objects.exists()


def test_a_cancelled_order_gives_its_points_back_once(item):
    ann = make_customer(points=500)
    order = buy_with_points(item, ann, 300).order
    cancel(order)
    cancel(order)
    assert read_balance(ann) == (500, 0)
    assert list_entries(ann) == [("spend", -300, 0), ("give_back", 300, 0)]
    assert get_order_points(order_id=order.id) == OrderPoints(spent=0, earned=0)
    assert check_books() == []


def test_expired_orders_give_their_points_back_in_a_batch(item):
    ann, bob = make_customer(points=100), make_customer(points=100)
    for customer, points in ((bob, 10), (ann, 20), (bob, 30), (ann, 0)):
        buy_with_points(item, customer, points)
    sweep_expired_orders(now=LATER)
    sweep_expired_orders(now=LATER)
    assert (read_balance(ann), read_balance(bob)) == ((100, 0), (100, 0))
    assert check_books() == []


def test_a_refunded_order_gives_its_points_back(item):
    ann = make_customer(points=500)
    order = buy_with_points(item, ann, 300).order
    pay(order)
    refund(order)
    assert read_balance(ann) == (500, 0)
    assert check_books() == []


def test_an_order_paid_by_points_alone_can_be_refunded(item):
    ann = make_customer(points=1000)
    order = buy_with_points(item, ann, 1000).order
    refund(order)
    assert read_balance(ann) == (1000, 0)
    assert check_books() == []


def test_a_second_return_is_refused_by_the_ledger_itself(item):
    ann = make_customer(points=500)
    order = buy_with_points(item, ann, 300).order
    cancel(order)
    again = Booking(ann, EntryKind.GIVE_BACK, 300, f"order:{order.number}", order.id)
    with pytest.raises(PointsBooked):
        run_in_transaction(lambda: ledger.credit([again], actor="test", now=NOW))
    assert read_balance(ann) == (500, 0)


def test_points_come_back_to_whoever_spent_them_although_the_account_is_gone(item):
    ann = make_customer(points=500)
    order = buy_with_points(item, ann, 300).order
    get_user_model().objects.filter(id=ann).delete()
    cancel(order)
    assert read_balance(ann) == (500, 0)
    assert check_books() == []


def test_late_money_takes_the_points_of_its_order_again(item):
    ann = make_customer(points=500)
    order = buy_with_points(item, ann, 300).order
    callback = make_payment_callback(order)
    sweep_expired_orders(now=LATER)
    assert callback.deliver(now=LATER).outcome == "late_reserved"
    assert get_order(number=order.number).status == "paid"
    assert read_balance(ann) == (200, 0)
    refund(order)
    assert read_balance(ann) == (500, 0)
    assert check_books() == []


def test_late_money_goes_back_if_the_points_are_gone(item):
    ann = make_customer(points=500)
    order = buy_with_points(item, ann, 300).order
    callback = make_payment_callback(order)
    sweep_expired_orders(now=LATER)
    buy_with_points(item, ann, 201, now=LATER)
    assert callback.deliver(now=LATER).outcome == "late_refunded"
    assert get_order(number=order.number).status == "cancelled"
    assert read_balance(ann) == (299, 0)
    assert check_books() == []
