"""Staff give and take points; what stands behind the guards, and what the books notice."""

import datetime as dt

import pytest
from django.db import IntegrityError

from config.books import check_books
from orders.errors import PointsBooked, PointsMissing
from orders.models import Order
from orders.points.models import PointsBalance, PointsEntry
from orders.services import (
    adjust_points,
)
from tests.builders import NOW, make_customer
from tests.orders.spending import (
    buy_and_earn,
    buy_with_points,
    cancel,
    read_balance,
    refund,
)

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + dt.timedelta(hours=1)


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
