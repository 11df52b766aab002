"""Orders with coupons: what is paid, what comes back, and how often a coupon can be used."""

import datetime as dt

import pytest

from config.books import check_books
from orders.models import Order, PurchaseAllowance
from orders.services import cancel_order, sweep_expired_orders
from orders.types import LineRefund, OrderView
from payments.models import Refund
from payments.services import refund_order
from shop.promotions.errors import CouponUsedBefore, CouponUsedUp
from shop.promotions.rules import forget_promotions
from tests.builders import NOW, make_payment_callback
from tests.shop.pricing.making import make_rate
from tests.shop.promotions.making import buy, make_coupon, make_promotion
from tests.shop.shopping import make_customer, make_variant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_promotions() -> None:
    forget_promotions()


def refund(order: OrderView, *lines: LineRefund) -> int:
    """Refund units and return how much went back in all."""
    refund_order(number=order.number, lines=lines, reason="wish", actor="test", now=NOW)
    return sum(Refund.objects.values_list("amount", flat=True))


def test_units_refunded_one_by_one_give_back_what_was_paid_to_the_cent() -> None:
    make_promotion(percent=7)
    make_coupon(percent="33.33")
    make_rate("19", "US")
    one, other = make_variant(price=999), make_variant(price=3335)
    order = buy((one, 3), (other, 2), coupon="save10").order
    assert order.total_amount == sum(line.share or 0 for line in order.lines) < order.lines_amount
    make_payment_callback(order).deliver()
    for _unit in range(2):
        refund(order, LineRefund(0, 1))
    assert refund(order, LineRefund(0, 1)) == order.lines[0].share
    refund(order, LineRefund(1, 1))
    assert refund(order, LineRefund(1, 1)) == order.total_amount
    assert Order.objects.get(number=order.number).status == "refunded"
    assert check_books() == []


def test_a_use_comes_back_when_its_order_is_cancelled_expires_or_is_refunded() -> None:
    coupon, mug = make_coupon(usage_limit=1, limit_per_customer=1), make_variant(on_hand=9)
    cancelled = buy((mug, 1), coupon="SAVE10").order
    with pytest.raises(CouponUsedUp):
        buy((mug, 1), coupon="SAVE10", email="bob@example.com")
    cancel_order(number=cancelled.number, reason="customer", actor="test", now=NOW)
    buy((mug, 1), coupon="SAVE10", email="bob@example.com")
    sweep_expired_orders(now=NOW + dt.timedelta(days=1))
    paid = buy((mug, 2), coupon="SAVE10").order
    make_payment_callback(paid).deliver()
    refund(paid, LineRefund(0, 1))
    with pytest.raises(CouponUsedUp):
        buy((mug, 1), coupon="SAVE10", email="bob@example.com")
    refund(paid, LineRefund(0, 1))
    assert set(PurchaseAllowance.objects.values_list("used", flat=True)) == {0}
    assert buy((mug, 1), coupon="SAVE10").order.adjustments[0].label == coupon.code


def test_one_customer_is_known_by_address_and_by_account() -> None:
    make_coupon(limit_per_customer=1)
    mug, ada = make_variant(on_hand=9), make_customer()
    buy((mug, 1), coupon="SAVE10", customer_id=ada.pk)
    for who in ({}, {"email": " ADA@example.com"}, {"email": "new@example.com", "customer_id": ada.pk}):
        with pytest.raises(CouponUsedBefore):
            buy((mug, 1), coupon="SAVE10", **who)
    buy((mug, 1), coupon="SAVE10", email="bob@example.com")


def test_the_longest_address_is_held_to_the_limit_too() -> None:
    make_coupon(limit_per_customer=1)
    mug, email = make_variant(on_hand=9), f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 58}.io"
    buy((mug, 1), coupon="SAVE10", email=email)
    with pytest.raises(CouponUsedBefore):
        buy((mug, 1), coupon="SAVE10", email=email)


def test_the_same_checkout_again_gives_its_order_though_the_coupon_is_used_up() -> None:
    make_coupon(usage_limit=1)
    mug = make_variant()
    first = buy((mug, 1), coupon="SAVE10", key="once")
    again = buy((mug, 1), coupon="SAVE10", key="once")
    assert (again.replayed, again.order.number) == (True, first.order.number)
