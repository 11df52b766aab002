"""What mail says of points: spent, returned, earned."""

import datetime as dt

import pytest
from django.utils import timezone

from orders.models import Order
from orders.services import cancel_order, earn_points, fulfil_order, mark_paid
from tests.builders import make_customer, make_stock_item
from tests.orders.spending import buy_with_points
from tests.shop.mail.posting import deliver

pytestmark = pytest.mark.django_db


def buy(points: int):
    """Place an order of 10.00 of which a customer pays so many cents in points."""
    now = timezone.now()
    order = buy_with_points(make_stock_item(), make_customer(points=500), points, now=now).order
    Order.objects.update(payment_due_at=now + dt.timedelta(minutes=15))
    return order


def test_what_points_paid_for_stands_between_the_lines_and_the_total():
    order = buy(250)
    (post,) = deliver()
    for part in (post.text, post.html):
        assert "250 points" in part
        assert "-$2.50" in part
        assert "$7.50" in part
    assert order.total_amount == 750


def test_a_cancelled_order_says_that_its_points_are_back():
    order = buy(250)
    cancel_order(number=order.number, reason="customer", actor="test", now=timezone.now())
    (post,) = deliver()
    assert "The 250 points you spent on it are on your account again." in post.text


def test_an_order_without_points_says_nothing_of_them():
    order = buy(0)
    cancel_order(number=order.number, reason="customer", actor="test", now=timezone.now())
    (post,) = deliver()
    assert "point" not in post.text


def test_a_shipped_order_says_how_many_points_it_has_earned(settings):
    settings.POINTS_PER_UNIT = 3
    order = buy(0)
    mark_paid(order_id=order.id, now=timezone.now())
    earned = earn_points(order_id=order.id, now=timezone.now())
    assert earned
    fulfil_order(number=order.number, actor="test", now=timezone.now())
    shipped = [post for post in deliver(later=dt.timedelta(minutes=1)) if "on its way" in post.subject]
    assert f"You have earned {earned} point" in shipped[0].text
