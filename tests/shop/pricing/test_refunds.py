"""Money goes back by line with its tax and its part of the points, and shipping with the whole order."""

from typing import Any

import pytest
from django.utils import timezone

from inventory.books import check_stock
from orders.books import check_orders
from orders.errors import InvalidOrder
from orders.selectors import get_order
from orders.services import adjust_points, place_order
from orders.types import Adjustment, LineDraft, LineRefund, OrderDraft, OrderView
from payments.books import check_payments
from payments.services import refund_order
from shop.order_requests import OrderRequest
from shop.services.checkout import place_order_for_skus
from tests.builders import NOW, make_payment_callback, make_stock_item
from tests.shop.pricing.making import GERMANY, make_class, make_method, make_rate, make_zone
from tests.shop.shopping import make_customer, make_variant

pytestmark = pytest.mark.django_db


def buy(*wanted: tuple[Any, int], points: int = 0, customer: Any = None) -> OrderView:
    """Order units of variants to Germany and pay."""
    now = timezone.now()
    order = place_order_for_skus(
        OrderRequest(
            email="ada@example.com",
            quantities=[(variant.stock_item.sku, units) for variant, units in wanted],
            customer_id=customer and customer.pk,
            shipping_address=GERMANY,
            points=points,
        ),
        idempotency_scope="test",
        idempotency_key="1",
        now=now,
    ).order
    make_payment_callback(order, now=now).deliver(now=now)
    return get_order(number=order.number)


def refund(order: OrderView, *lines: tuple[int, int]) -> int:
    """Refund (position, units), or all that is left, and return how much went back by now."""
    chosen = tuple(LineRefund(*line) for line in lines)
    after = refund_order(number=order.number, lines=chosen, reason="", actor="ann", now=timezone.now())
    return after.refunded_amount


@pytest.mark.parametrize("is_included", [False, True])
def test_lines_go_back_unit_by_unit_and_the_rest_with_shipping(settings: Any, is_included: bool) -> None:
    settings.POINT_VALUE, settings.PRICES_INCLUDE_TAX = 1, is_included
    reduced = make_class()
    make_rate("19")
    make_rate("7", tax_class=reduced)
    make_method(make_zone(), price=495)
    customer = make_customer()
    adjust_points(customer_id=customer.pk, points=333, reference="r", reason="", actor="ann", now=NOW)
    mug, book = make_variant(price=999), make_variant(price=1501)
    type(book.product).objects.filter(pk=book.product_id).update(tax_class=reduced)
    order = buy((mug, 3), (book, 2), points=333, customer=customer)
    shares = [line.share or 0 for line in order.lines]
    goods = 2997 + 3002 + (0 if is_included else 569 + 210)
    assert abs(sum(shares) - goods + 333 * goods // (goods + 495)) <= 25
    back = [refund(order, (position, 1)) for position in (0, 1, 0, 1, 0)]
    assert back == sorted(set(back))
    assert back[-1] == sum(shares) < order.total_amount
    assert refund(order) == order.total_amount
    assert get_order(number=order.number).status == "refunded"
    assert [*check_stock(), *check_orders(), *check_payments()] == []


def test_a_line_gives_back_its_tax_and_no_shipping() -> None:
    make_rate("20")
    make_method(make_zone(), price=500)
    order = buy((make_variant(price=1000), 2), (make_variant(price=3000), 1))
    # 50.00, shipping 5.00, tax 11.00.
    assert (order.total_amount, refund(order, (0, 1)), refund(order, (1, 1))) == (6600, 1200, 4800)


@pytest.mark.parametrize("shares", [(1201,), (-1,), (None, 600)])
def test_shares_that_do_not_fit_the_total_are_refused(shares: tuple[int | None, ...]) -> None:
    lines = tuple(LineDraft(make_stock_item().id, f"S{i}", "Mug", 600, 1, s) for i, s in enumerate(shares))
    draft = OrderDraft("a@example.com", "USD", lines, NOW, adjustments=(Adjustment("tax", "VAT", 120),))
    with pytest.raises(InvalidOrder):
        place_order(draft=draft, idempotency_scope="test", idempotency_key="1", now=NOW)
