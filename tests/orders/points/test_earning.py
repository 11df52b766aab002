"""Points are earned with what is paid, once, and what was earned goes back with the money."""

import datetime as dt

import pytest

from config.books import check_books
from orders.errors import OrderNotFound
from orders.points.models import PointsEntry
from orders.points.rates import count_earned, count_usable, get_worth
from orders.selectors import get_order, get_order_points
from orders.services import (
    earn_points,
    revoke_points,
)
from orders.steps.models import OrderStep
from orders.steps.points import POINTS
from orders.steps.registry import StepTask, list_steps
from orders.types import OrderPoints
from payments.services import refund_order
from tests.builders import NOW, buy, make_customer
from tests.orders.spending import (
    buy_and_earn,
    buy_with_points,
    cancel,
    list_entries,
    pay,
    read_balance,
    refund,
)
from tests.orders.steps import deliver_everything

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + dt.timedelta(hours=1)


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
