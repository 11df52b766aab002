"""What comes on top of the lines: shipping, then taxes, then the points that pay for all of it."""

from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings
from django.utils.translation import ngettext

from orders.selectors import count_usable, divide, get_worth
from orders.states import AdjustmentKind
from orders.types import LABEL_LENGTH, Adjustment
from shop.delivery.errors import NotDeliverable, ShippingMethodUnavailable
from shop.delivery.methods import Zone, list_options
from shop.errors import PointsNotTaken, ShopError
from shop.places.areas import Place
from shop.pricing.types import Basket, Quote
from shop.tax.rates import Rate
from shop.tax.sums import Taxable, sum_taxes


def add_shipping(
    quote: Quote, basket: Basket, *, zones: Sequence[Zone], place: Place | None, is_free: bool
) -> Quote:
    """Add the chosen method, or else the cheapest; nothing as long as nobody knows where to ship."""
    wanted = basket.shipping_method
    if place is None:
        return _object(quote, ShippingMethodUnavailable(wanted)) if wanted else quote
    options = list_options(zones=zones, place=place, amount=quote.total, grams=basket.grams, is_free=is_free)
    if not options:
        return _object(quote, NotDeliverable(place.country))
    option = min(options, key=lambda option: (option.code != wanted, option.amount))
    if wanted and option.code != wanted:
        quote = _object(quote, ShippingMethodUnavailable(wanted))
    shipping = Adjustment(AdjustmentKind.SHIPPING.value, option.name, option.amount)
    return replace(
        quote,
        adjustments=(*quote.adjustments, shipping),
        shares=_list_shares(quote, basket),
        shipping_options=options,
        shipping_method=option.code,
    )


def add_taxes(quote: Quote, basket: Basket, *, rates: Sequence[Rate], place: Place) -> Quote:
    """Add taxes, or say how much of them the prices contain.

    Shipping is taxed as the goods it goes with, each line's part by price.
    """
    shares = _list_shares(quote, basket)
    amounts = [line.amount for line in basket.lines]
    weights = amounts if any(amounts) else [line.quantity for line in basket.lines]
    shipping = divide(quote.total - sum(shares), weights)
    taxables = [
        Taxable(line.tax_class_id, share, part)
        for line, share, part in zip(basket.lines, shares, shipping, strict=True)
    ]
    is_included = settings.PRICES_INCLUDE_TAX
    sums = sum_taxes(taxables=taxables, rates=rates, place=place, is_included=is_included)
    taxes = [
        Adjustment(AdjustmentKind.TAX.value, tax.label[:LABEL_LENGTH], 0, included=tax.amount)
        if is_included
        else Adjustment(AdjustmentKind.TAX.value, tax.label[:LABEL_LENGTH], tax.amount)
        for tax in sums
    ]
    if not taxes:
        return quote
    if not is_included:
        shares = tuple(sum(column) for column in zip(shares, *(tax.by_line for tax in sums), strict=True))
    return replace(quote, adjustments=(*quote.adjustments, *taxes), shares=shares)


def spend_points(quote: Quote, basket: Basket) -> Quote:
    """Take points off the total: no more than it is worth, so that none is spent for nothing."""
    if not settings.POINT_VALUE or basket.customer_id is None:
        return _object(quote, PointsNotTaken())
    usable = min(basket.points, count_usable(amount=quote.total))
    if not usable:
        return quote
    label = ngettext("%(points)d point", "%(points)d points", usable) % {"points": usable}
    spent = Adjustment(AdjustmentKind.POINTS.value, label, -get_worth(points=usable), usable)
    shares = _list_shares(quote, basket)
    # What belongs to no line, such as shipping, is paid by its part of the points, too.
    *off, _rest = divide(-spent.amount, [*shares, quote.total - sum(shares)])
    return replace(
        quote,
        adjustments=(*quote.adjustments, spent),
        shares=tuple(share - part for share, part in zip(shares, off, strict=True)),
    )


def _list_shares(quote: Quote, basket: Basket) -> tuple[int, ...]:
    return quote.shares if quote.shares is not None else tuple(line.amount for line in basket.lines)


def _object(quote: Quote, problem: ShopError) -> Quote:
    return replace(quote, problems=(*quote.problems, problem))
