"""What promotions and a coupon take off a basket. Amounts are minor units."""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from orders.selectors import divide
from orders.states import AdjustmentKind
from orders.types import Adjustment
from shop.pricing.types import NO_REDUCTION, Basket, PricedLine, Reduction
from shop.promotions.coupon_limits import list_allowances, require_uses_left
from shop.promotions.errors import CouponBelowMinimum, CouponFitsNothing, CouponRefused
from shop.promotions.guessing import count_if_wrong, require_few_wrong
from shop.promotions.kinds import CouponKind, PromotionKind
from shop.promotions.models import Coupon
from shop.promotions.rules import Rule, find_coupon, read_promotions


def reduce(basket: Basket) -> Reduction:
    """Return what comes off a basket: promotions first, then the coupon on what they left.

    Free where there are no promotions and no coupon was typed. A coupon costs one query, one more if it has
    limits: they are only looked at here, and taken with the order. Wrong ones are counted, in the cache.
    Must be in no transaction.
    """
    promotions = [rule for rule in read_promotions() if rule.is_open(basket.now)]
    if not promotions and not basket.coupon:
        return NO_REDUCTION
    reduction = _promote(promotions, basket.lines)
    if not basket.coupon:
        return reduction
    caller: Any = {"customer_id": basket.customer_id, "client_address": basket.client_address}
    try:
        require_few_wrong(code=basket.coupon, **caller)
        coupon, rule = find_coupon(code=basket.coupon, now=basket.now)
        return _redeem(coupon, rule, basket, reduction)
    except CouponRefused as refused:
        count_if_wrong(refused, **caller)
        return Reduction(
            reduction.adjustments, (), reduction.by_line, reduction.free_shipping, problem=refused
        )


def _promote(promotions: Sequence[Rule], lines: Sequence[PricedLine]) -> Reduction:
    off = [0] * len(lines)
    adjustments: list[Adjustment] = []
    free_shipping, taken = False, set[int]()
    for rule in promotions:
        chosen = [i for i, line in enumerate(lines) if rule.is_for(line)]
        if not _is_reached(rule, [lines[i] for i in chosen]):
            continue
        if rule.kind == PromotionKind.SHIPPING:
            free_shipping = True
            continue
        # A line is reduced once: what one promotion made cheaper, the next leaves alone.
        chosen = [i for i in chosen if i not in taken]
        parts = _TAKE[rule.kind](rule, [lines[i] for i in chosen], [lines[i].amount for i in chosen])
        if not sum(parts):
            continue
        for i, part in zip(chosen, parts, strict=True):
            off[i] += part
            if part:
                taken.add(i)
        adjustments.append(Adjustment(AdjustmentKind.PROMOTION.value, rule.label, -sum(parts)))
    return Reduction(tuple(adjustments), (), tuple(off) if adjustments else (), free_shipping)


def _is_reached(rule: Rule, lines: Sequence[PricedLine]) -> bool:
    units = sum(line.quantity for line in lines)
    amount = sum(line.amount for line in lines)
    return bool(lines) and units >= rule.minimum_quantity and amount >= rule.minimum_amount


def _redeem(coupon: Coupon, rule: Rule, basket: Basket, before: Reduction) -> Reduction:
    """Add the coupon to what promotions took off. Raises CouponRefused."""
    off = list(before.by_line) or [0] * len(basket.lines)
    left = [line.amount - part for line, part in zip(basket.lines, off, strict=True)]
    chosen = [i for i, line in enumerate(basket.lines) if rule.is_for(line)]
    if not chosen:
        raise CouponFitsNothing(coupon.code)
    if sum(left[i] for i in chosen) < rule.minimum_amount:
        raise CouponBelowMinimum(coupon.code, rule.minimum_amount)
    allowances = list_allowances(coupon, email=basket.email, customer_id=basket.customer_id)
    require_uses_left(coupon, allowances)
    is_shipping = coupon.kind == CouponKind.SHIPPING
    parts = (
        [0] * len(chosen)
        if is_shipping
        else _TAKE[rule.kind](rule, [basket.lines[i] for i in chosen], [left[i] for i in chosen])
    )
    for i, part in zip(chosen, parts, strict=True):
        off[i] += part
    adjustment = Adjustment(AdjustmentKind.COUPON.value, coupon.code, -sum(parts))
    return Reduction(
        (*before.adjustments, adjustment), allowances, tuple(off), before.free_shipping or is_shipping
    )


def _take_percent(rule: Rule, lines: Sequence[PricedLine], left: Sequence[int]) -> list[int]:
    """Round once for all lines together, halves up, so that it is what customers reckon."""
    exact = sum(left) * rule.percent / 100
    return divide(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), left)


def _take_amount(rule: Rule, lines: Sequence[PricedLine], left: Sequence[int]) -> list[int]:
    return divide(min(rule.amount, sum(left)), left)


def _take_units(rule: Rule, lines: Sequence[PricedLine], left: Sequence[int]) -> list[int]:
    """Of each so many units bought, together with those free, give the cheapest of all away."""
    units = sum(line.quantity for line in lines)
    free = units // (rule.minimum_quantity + rule.free_quantity) * rule.free_quantity
    parts = [0] * len(lines)
    for i in sorted(range(len(lines)), key=lambda i: lines[i].unit_price):
        given = min(free, lines[i].quantity)
        parts[i], free = given * lines[i].unit_price, free - given
    return parts


_TAKE: Final[dict[str, Callable[[Rule, Sequence[PricedLine], Sequence[int]], list[int]]]] = {
    PromotionKind.PERCENT.value: _take_percent,
    PromotionKind.FIXED.value: _take_amount,
    PromotionKind.FREE_UNITS.value: _take_units,
}
