"""Putting a price together: reductions, shipping, tax, points, each on what the ones before it left.

Rules are read from snapshots a few seconds old, so that a basket which none of them is about costs nothing.
"""

from dataclasses import replace

from django.conf import settings

from orders.selectors import divide
from shop.delivery.errors import ShippingMethodUnavailable
from shop.delivery.methods import read_zones
from shop.places.areas import find_place
from shop.pricing.additions import add_shipping, add_taxes, spend_points
from shop.pricing.types import Basket, Quote, Reduction
from shop.promotions.reductions import reduce
from shop.tax.rates import list_rates


def price(basket: Basket) -> Quote:
    """Return what a basket costs, in the language that is active. May read rules, outside any transaction."""
    reduction = reduce(basket)
    quote = _take_off(basket, reduction)
    place = find_place(basket.address)
    if zones := read_zones():
        quote = add_shipping(quote, basket, zones=zones, place=place, is_free=reduction.free_shipping)
    elif basket.shipping_method:
        quote = replace(quote, problems=(*quote.problems, ShippingMethodUnavailable(basket.shipping_method)))
    place = place or find_place(None, otherwise=settings.SHOP_COUNTRY)
    if place and (rates := list_rates(place=place)):
        quote = add_taxes(quote, basket, rates=rates, place=place)
    return spend_points(quote, basket) if basket.points else quote


def _take_off(basket: Basket, reduction: Reduction) -> Quote:
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
