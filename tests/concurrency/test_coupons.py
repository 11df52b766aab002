"""A coupon is used as often as it may be, exactly, however many try at once."""

from functools import partial

from config.books import check_books
from orders.models import Order, PurchaseAllowance
from orders.services import cancel_order
from shop.promotions.errors import CouponUsedUp
from tests.builders import NOW
from tests.concurrency.race import race
from tests.shop.promotions.making import buy, make_coupon
from tests.shop.shopping import make_variant


def count_uses() -> int:
    """Return how many orders that are not cancelled hold the coupon."""
    return Order.objects.exclude(status="cancelled").filter(adjustments__kind="coupon").count()


def test_of_fifty_tries_at_a_coupon_for_ten_exactly_ten_get_it() -> None:
    coupon, mugs = make_coupon(usage_limit=10), [make_variant(on_hand=100) for _ in range(2)]
    tries = [
        partial(buy, (mugs[n % 2], 1), coupon="SAVE10", email=f"buyer{n}@example.com") for n in range(50)
    ]
    outcome = race(tries)
    assert outcome.count_errors(CouponUsedUp) == 40
    assert len(outcome.results) == count_uses() == 10
    assert PurchaseAllowance.objects.get(key=f"coupon:{coupon.pk}").used == 10
    assert all(placed.order.total_amount == 1125 for placed in outcome.results)
    assert check_books() == []


def test_of_one_customers_tries_at_once_one_gets_the_coupon() -> None:
    make_coupon(usage_limit=10, limit_per_customer=1)
    mug = make_variant(on_hand=100)
    outcome = race([partial(buy, (mug, 1), coupon="SAVE10")] * 16)
    assert outcome.count_errors(CouponUsedUp) == 15
    assert count_uses() == 1
    assert check_books() == []


def test_a_use_that_comes_back_is_had_again_and_never_twice() -> None:
    make_coupon(usage_limit=3)
    mug = make_variant(on_hand=100)
    orders = [buy((mug, 1), coupon="SAVE10").order for _ in range(3)]
    cancels = [
        partial(cancel_order, number=order.number, reason="customer", actor="test", now=NOW)
        for order in orders
        for _again in range(2)
    ]
    outcome = race([*cancels, *[partial(buy, (mug, 1), coupon="SAVE10")] * 16])
    placed = len(outcome.results) - len(cancels)
    assert outcome.count_errors(CouponUsedUp) == 16 - placed
    assert count_uses() == placed <= 3
    assert check_books() == []
