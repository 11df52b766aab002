"""Putting a price together: reductions, shipping, tax, points, each on what the ones before it left.

Rules are read from snapshots a few seconds old, so that a basket which none of them is about costs nothing.
"""

from dataclasses import replace

from django.conf import settings
from django.utils.translation import ngettext

from orders.selectors import count_usable, divide, get_worth
from orders.states import AdjustmentKind
from orders.types import Adjustment
from shop.errors import PointsNotTaken
from shop.pricing.types import NO_REDUCTION, Basket, Quote, Reduction


def price(basket: Basket) -> Quote:
    """Return what a basket costs, in the language that is active. May read rules, outside any transaction."""
    quote = _start(basket, NO_REDUCTION)
    return _spend_points(quote, basket) if basket.points else quote


def _start(basket: Basket, reduction: Reduction) -> Quote:
    """Return what the lines cost after reductions."""
    quote = Quote(
        lines_amount=basket.lines_amount,
        adjustments=reduction.adjustments,
        allowances=reduction.allowances,
        problems=(reduction.problem,) if reduction.problem else (),
    )
    if not reduction.adjustments:
        return quote
    amounts = [line.amount for line in basket.lines]
    off = reduction.by_line or divide(quote.lines_amount - quote.total, amounts)
    return replace(quote, shares=tuple(a - b for a, b in zip(amounts, off, strict=True)))


def _spend_points(quote: Quote, basket: Basket) -> Quote:
    """Take points off the total: no more than it is worth, so that none is spent for nothing."""
    if not settings.POINT_VALUE or basket.customer_id is None:
        return replace(quote, problems=(*quote.problems, PointsNotTaken()))
    usable = min(basket.points, count_usable(amount=quote.total))
    if not usable:
        return quote
    label = ngettext("%(points)d point", "%(points)d points", usable) % {"points": usable}
    spent = Adjustment(AdjustmentKind.POINTS.value, label, -get_worth(points=usable), usable)
    shares = quote.shares or tuple(line.amount for line in basket.lines)
    # What belongs to no line, such as shipping, is paid by its part of the points, too.
    *off, _rest = divide(-spent.amount, [*shares, quote.total - sum(shares)])
    return replace(
        quote,
        adjustments=(*quote.adjustments, spent),
        shares=tuple(share - part for share, part in zip(shares, off, strict=True)),
    )
