"""What was paid for part of an order, to the cent."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.selectors import find_paid_for_lines, price_refund
from orders.shares import divide
from orders.types import Adjustment, LineRefund, OrderLineView, OrderView
from tests.builders import NOW

PRICES = st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 50)), min_size=1, max_size=8)


def make_order(*lines, total=None):
    """Return an order of (unit price, quantity) lines; a smaller total is a discount."""
    views = tuple(
        OrderLineView(f"SKU-{position}", "Mug", price, quantity, position)
        for position, (price, quantity) in enumerate(lines)
    )
    price = sum(line.line_total for line in views)
    unimportant: dict[str, Any] = dict.fromkeys(OrderView.__dataclass_fields__)
    return replace(
        OrderView(**unimportant),
        refunded_amount=0,
        currency="USD",
        total_amount=price if total is None else total,
        adjustments=() if total is None else (Adjustment("points", "", total - price),),
        payment_due_at=NOW,
        placed_at=NOW,
        lines=views,
    )


def test_without_a_discount_each_line_cost_its_price():
    assert find_paid_for_lines(make_order((1000, 3), (1, 2))) == [3000, 2]


@pytest.mark.parametrize(
    ("total", "paid"), [(200, [100, 100]), (100, [50, 50]), (199, [100, 99]), (1, [1, 0]), (0, [0, 0])]
)
def test_a_discount_is_shared_to_the_cent(total, paid):
    assert find_paid_for_lines(make_order((100, 1), (50, 2), total=total)) == paid


def test_what_is_added_to_an_order_belongs_to_no_line():
    assert find_paid_for_lines(make_order((100, 1), (50, 2), total=500)) == [100, 100]


def test_a_line_that_was_free_stays_free():
    assert find_paid_for_lines(make_order((0, 4), (100, 1), total=99)) == [0, 99]
    assert price_refund(make_order((0, 4), total=0), [LineRefund(0, 2)]) == 0


@given(PRICES, st.data())
def test_shares_come_to_exactly_what_was_paid_and_none_to_more_than_its_line_cost(lines, data):
    order = make_order(*lines, total=data.draw(st.integers(0, make_order(*lines).total_amount)))
    paid = find_paid_for_lines(order)
    assert sum(paid) == order.total_amount
    assert all(0 <= share <= line.line_total for share, line in zip(paid, order.lines, strict=True))


@given(PRICES, st.data())
def test_a_line_refunded_in_any_parts_comes_to_what_was_paid_for_it(lines, data):
    order = make_order(*lines, total=data.draw(st.integers(0, make_order(*lines).total_amount)))
    line, share = order.lines[0], find_paid_for_lines(order)[0]
    cuts = sorted({0, line.quantity, *data.draw(st.lists(st.integers(0, line.quantity)))})
    parts = []
    for begin, end in pairwise(cuts):
        so_far = replace(order, lines=(replace(line, refunded_quantity=begin), *order.lines[1:]))
        parts.append(price_refund(so_far, [LineRefund(0, end - begin)]))
    assert (sum(parts), all(part >= 0 for part in parts)) == (share, True)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**12), min_size=1))
def test_no_part_is_a_whole_cent_off(amount, weights):
    parts = divide(amount, weights)
    if whole := sum(weights):
        assert sum(parts) == amount
        assert all(
            abs(part * whole - amount * weight) < whole for part, weight in zip(parts, weights, strict=True)
        )
    else:
        assert not any(parts)


def test_a_line_that_has_a_share_of_the_total_cost_that():
    order = make_order((100, 1), (50, 2), total=250)
    shared = tuple(replace(line, share=share) for line, share in zip(order.lines, (110, 105), strict=True))
    taxed = replace(order, lines=shared)
    assert find_paid_for_lines(taxed) == [110, 105]
    assert [price_refund(taxed, [LineRefund(1, 1)]), price_refund(taxed, [LineRefund(1, 2)])] == [52, 105]
