"""Points go with their order and come back with it, once; what was earned goes back with the money."""

import datetime as dt
import uuid
from dataclasses import replace

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError

from config.books import check_books
from inventory.errors import OutOfStock
from inventory.transactions import run_in_transaction
from orders.errors import InvalidOrder, OrderNotFound, PointsBooked, PointsMissing
from orders.models import Order
from orders.points import ledger
from orders.points.ledger import Booking
from orders.points.models import EntryKind, PointsBalance, PointsEntry
from orders.points.rates import count_earned, count_usable, get_worth
from orders.selectors import get_order, get_order_points
from orders.services import (
    adjust_points,
    cancel_order,
    earn_points,
    place_order,
    revoke_points,
    sweep_expired_orders,
)
from orders.steps.models import OrderStep
from orders.steps.points import POINTS
from orders.steps.registry import StepTask, list_steps
from orders.types import Adjustment, OrderPoints
from payments.models import Payment
from payments.services import refund_order
from tests.builders import NOW, buy, make_customer, make_draft, make_payment_callback, make_stock_item
from tests.orders.spending import (
    buy_with_points,
    count_adjustments,
    draft_with_points,
    list_entries,
    read_balance,
)
from tests.orders.steps import deliver_everything

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _rates(settings):
    settings.POINTS_PER_UNIT, settings.POINT_VALUE = 2, 1


@pytest.fixture
def item():
    """Something to buy."""
    return make_stock_item(on_hand=20)


def cancel(order):
    return cancel_order(number=order.number, reason="customer", actor="test", now=NOW)


def refund(order):
    return refund_order(number=order.number, reason="wish", actor="test", now=NOW)


def pay(order):
    return make_payment_callback(order).deliver().outcome


def buy_and_earn(item, customer_id, **options):
    """Return a paid order that has earned its points."""
    order = buy_with_points(item, customer_id, 0, **options).order
    pay(order)
    earn_points(order_id=order.id, now=NOW)
    return order


# Spending


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


# Coming back


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


# Late money


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


# Earning


def test_a_paid_order_earns_points_for_its_money_once(item):
    ann = make_customer(points=300)
    order = buy_with_points(item, ann, 300, quantity=2).order
    pay(order)
    # 17.00 was paid in money, at two points for each whole unit.
    assert [earn_points(order_id=order.id, now=NOW) for _ in range(3)] == [34, 34, 34]
    assert read_balance(ann) == (34, 0)
    assert get_order_points(order_id=order.id) == OrderPoints(spent=300, earned=34)
    assert check_books() == []


def test_only_orders_whose_money_is_kept_earn_points(item):
    ann = make_customer()
    unpaid, refunded = (buy_with_points(item, ann, 0).order for _ in range(2))
    pay(refunded)
    refund(refunded)
    assert earn_points(order_id=unpaid.id, now=NOW) == 0
    assert earn_points(order_id=refunded.id, now=NOW) == 0
    assert list_entries(ann) == []


def test_a_guest_earns_nothing(item):
    order = buy((item, 1)).order
    pay(order)
    assert earn_points(order_id=order.id, now=NOW) == 0
    assert not PointsEntry.objects.exists()


def test_an_order_nobody_knows_earns_nothing():
    with pytest.raises(OrderNotFound):
        earn_points(order_id=1, now=NOW)


def test_a_rate_of_nothing_switches_earning_off(item, settings):
    settings.POINTS_PER_UNIT = 0
    assert list_entries(make_customer()) == []
    ann = make_customer()
    buy_and_earn(item, ann)
    assert list_entries(ann) == []


def test_a_refund_takes_back_what_was_earned_once(item):
    ann = make_customer()
    order = buy_and_earn(item, ann)
    assert read_balance(ann) == (20, 0)
    refund(order)
    assert revoke_points(order_id=order.id, reason="undone", now=NOW) == 0
    assert list_entries(ann) == [("earn", 20, 0), ("take_back", -20, 0)]
    assert check_books() == []


def test_undoing_the_step_takes_back_once_and_a_refund_after_it_nothing_more(item):
    ann = make_customer()
    order = buy_and_earn(item, ann)
    assert [revoke_points(order_id=order.id, reason="undone", now=NOW) for _ in range(2)] == [20, 0]
    refund(order)
    assert read_balance(ann) == (0, 0)
    assert earn_points(order_id=order.id, now=NOW) == 0
    assert read_balance(ann) == (0, 0)
    assert check_books() == []


def test_undoing_what_was_never_done_keeps_it_from_being_done_later(item):
    ann = make_customer()
    order = buy_with_points(item, ann, 0).order
    pay(order)
    assert revoke_points(order_id=order.id, reason="undone", now=NOW) == 0
    assert earn_points(order_id=order.id, now=NOW) == 0
    assert read_balance(ann) == (0, 0)
    assert check_books() == []


def test_the_step_after_payment_awards_points_and_takes_them_back(item):
    ann = make_customer()
    order = buy_with_points(item, ann, 0).order
    pay(order)
    deliver_everything()
    assert OrderStep.objects.get(order_id=order.id, name="points").result == {"points": 20}
    assert read_balance(ann) == (20, 0)
    task = StepTask(get_order(number=order.number), "key")
    POINTS.undo(task)
    POINTS.undo(task)
    assert read_balance(ann) == (0, 0)
    assert POINTS.do(task) == {"points": 0}
    assert read_balance(ann) == (0, 0)


def test_a_shop_that_awards_no_points_has_no_such_step(item, settings):
    settings.POINTS_PER_UNIT = 0
    assert "points" not in [step.name for step in list_steps()]


def refund_part(order, amount):
    return refund_order(number=order.number, amount=amount, reason="broken", actor="test", now=NOW)


def test_a_refund_in_part_takes_back_the_share_of_what_went_back(item):
    ann = make_customer()
    order = buy_and_earn(item, ann, unit_price=999)
    assert read_balance(ann) == (19, 0)
    # Two for each whole unit of 9.99, and after each refund the share that the rest of the money is worth.
    for amount, left in ((333, 12), (333, 6), (332, 0), (1, 0)):
        refund_part(order, amount)
        assert read_balance(ann) == (left, 0)
        assert check_books() == []
    assert get_order(number=order.number).status == "refunded"


def test_points_spent_stay_spent_until_all_is_refunded(item):
    ann = make_customer(points=500)
    order = buy_with_points(item, ann, 500).order
    pay(order)
    refund_part(order, 499)
    assert read_balance(ann) == (0, 0)
    refund_part(order, 1)
    assert read_balance(ann) == (500, 0)
    assert check_books() == []


def test_an_order_refunded_in_part_before_it_earns_keeps_its_share(item):
    ann = make_customer()
    order = buy_with_points(item, ann, 0).order
    pay(order)
    refund_part(order, 500)
    assert [earn_points(order_id=order.id, now=NOW) for _ in range(2)] == [10, 10]
    assert read_balance(ann) == (10, 0)
    refund(order)
    assert read_balance(ann) == (0, 0)
    assert check_books() == []


def test_what_was_spent_already_is_owed_and_paid_off_by_the_next_points(item):
    ann = make_customer()
    order = buy_and_earn(item, ann)
    buy_with_points(item, ann, 15)
    refund(order)
    assert read_balance(ann) == (0, 15)
    buy_and_earn(item, ann)
    assert read_balance(ann) == (5, 0)
    assert check_books() == []


def test_points_that_come_back_pay_off_what_is_owed(item):
    ann = make_customer()
    order = buy_and_earn(item, ann)
    first, second = buy_with_points(item, ann, 8).order, buy_with_points(item, ann, 12).order
    refund(order)
    assert read_balance(ann) == (0, 20)
    cancel(second)
    assert read_balance(ann) == (0, 8)
    cancel(first)
    assert read_balance(ann) == (0, 0)
    assert check_books() == []


@pytest.mark.parametrize(
    ("amount", "currency", "points"),
    [(1999, "USD", 39), (1999, "JPY", 3998), (1999, "KWD", 3), (0, "USD", 0)],
)
def test_points_are_earned_by_whole_units_of_the_currency_rounded_down(amount, currency, points):
    assert count_earned(amount=amount, currency=currency) == points


@pytest.mark.parametrize(("worth", "usable"), [(1, 1050), (100, 10), (2000, 0), (0, 0)])
def test_no_point_is_spent_for_less_than_it_is_worth(settings, worth, usable):
    settings.POINT_VALUE = worth
    assert count_usable(amount=1050) == usable
    assert get_worth(points=usable) <= 1050


# Staff


def test_staff_give_and_take_points_once_for_each_reference():
    ann = make_customer()

    def adjust(points, reference):
        adjust_points(
            customer_id=ann, points=points, reference=reference, reason="sorry", actor="staff:eve", now=NOW
        )

    adjust(50, "staff:1")
    with pytest.raises(PointsBooked):
        adjust(50, "staff:1")
    adjust(-20, "staff:2")
    with pytest.raises(PointsMissing):
        adjust(-31, "staff:3")
    assert read_balance(ann) == (30, 0)
    entry = PointsEntry.objects.get(reference="staff:2")
    assert (entry.kind, entry.points, entry.actor, entry.reason) == ("adjust", -20, "staff:eve", "sorry")
    assert check_books() == []


# What stands behind the guards, and the books


@pytest.mark.parametrize("column", ["balance", "owed"])
def test_the_row_itself_refuses_to_go_below_nothing(column):
    ann = make_customer(points=5)
    with pytest.raises(IntegrityError):
        PointsBalance.objects.filter(customer_id=ann).update(**{column: -1})


def find_checks():
    return [(finding.check, finding.expected, finding.actual) for finding in check_books()]


def test_the_books_notice_a_balance_that_is_not_the_sum_of_its_ledger():
    ann = make_customer(points=5)
    PointsBalance.objects.filter(customer_id=ann).update(balance=6)
    assert find_checks() == [("points-differ-from-ledger", "5 / 0", "6 / 0")]


def test_the_books_notice_a_ledger_without_a_balance():
    ann = make_customer(points=5)
    PointsBalance.objects.filter(customer_id=ann).delete()
    assert find_checks() == [("points-differ-from-ledger", "5 / 0", "0 / 0")]


def test_the_books_notice_an_order_whose_points_were_never_spent(item):
    ann = make_customer(points=5)
    order = buy_with_points(item, ann, 5).order
    PointsEntry.objects.filter(order_id=order.id).delete()
    PointsBalance.objects.filter(customer_id=ann).update(balance=5)
    assert find_checks() == [("points-differ-from-order", 5, 0)]


def test_the_books_notice_points_kept_of_an_order_that_is_cancelled(item):
    ann = make_customer(points=5)
    order = buy_with_points(item, ann, 5).order
    cancel(order)
    PointsEntry.objects.filter(order_id=order.id, kind="give_back").delete()
    PointsBalance.objects.filter(customer_id=ann).update(balance=0)
    assert find_checks() == [("points-differ-from-order", 0, 5)]


def test_the_books_notice_points_earned_by_an_order_that_is_refunded(item):
    ann = make_customer()
    order = buy_and_earn(item, ann)
    refund(order)
    PointsEntry.objects.filter(order_id=order.id, kind="take_back").delete()
    PointsBalance.objects.filter(customer_id=ann).update(balance=20)
    assert find_checks() == [("points-kept-without-order", 0, 20)]


def test_the_books_notice_a_total_that_is_not_lines_and_adjustments(item):
    ann = make_customer(points=5)
    order = buy_with_points(item, ann, 5).order
    Order.objects.filter(id=order.id).update(total_amount=1000)
    assert find_checks() == [("total-differs-from-lines", 995, 1000)]
