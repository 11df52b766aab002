"""What an order would be: units by SKU at today's prices, on the terms of the sales they are part of."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orders.types import Allowance, LineDraft, OrderDraft
from shop.buyers import name_buyers
from shop.client_address import keep_if_countable
from shop.errors import ProductUnavailable
from shop.order_requests import OrderRequest
from shop.pricing.quotes import price
from shop.pricing.types import Basket, PricedLine, Quote
from shop.services.items_for_sale import ItemForSale, read_items_for_sale

LINE_NAME_LENGTH: Final = 255


def draft_order(request: OrderRequest, *, client_address: str = "", now: dt.datetime) -> OrderDraft:
    """Return the order that these units would be, in the language that is active.

    One query, and what `price` reads. Raises ProductUnavailable, CouponRefused, PointsNotTaken.
    """
    items = _read_items({sku for sku, _quantity in request.quantities}, now)
    basket = _fill_basket(request, items, client_address, now)
    quote = price(basket)
    if quote.problems:
        raise quote.problems[0]
    buyers = name_buyers(email=request.email, customer_id=request.customer_id)
    limits = _list_allowances(items, request.quantities, buyers)
    return OrderDraft(
        email=request.email,
        currency=settings.SHOP_CURRENCY,
        lines=_draft_lines(items, basket, quote),
        payment_due_at=now + dt.timedelta(seconds=_find_window(items.values())),
        customer_id=request.customer_id,
        shipping_address=request.shipping_address,
        allowances=(*limits, *quote.allowances),
        client_address=keep_if_countable(client_address),
        language=get_language() or "",
        adjustments=quote.adjustments,
    )


def _fill_basket(
    request: OrderRequest, items: Mapping[str, ItemForSale], client_address: str, now: dt.datetime
) -> Basket:
    return Basket(
        lines=tuple(_price_line(items[sku], quantity) for sku, quantity in request.quantities),
        now=now,
        email=request.email,
        customer_id=request.customer_id,
        address=request.shipping_address,
        shipping_method=request.shipping_method,
        coupon=request.coupon,
        points=request.points,
        client_address=client_address,
    )


def _read_items(skus: set[str], now: dt.datetime) -> dict[str, ItemForSale]:
    items = read_items_for_sale(skus=skus, now=now)
    if missing := sorted(skus - items.keys()):
        raise ProductUnavailable(missing)
    return items


def _price_line(item: ItemForSale, quantity: int) -> PricedLine:
    label = " / ".join(value for _name, value in item.options)
    name = f"{item.product_name} ({label})" if label else item.product_name
    if item.sale_id is not None:
        name = _("%(name)s (flash sale)") % {"name": name}
    return PricedLine(
        sku=item.sku,
        name=name[:LINE_NAME_LENGTH],
        unit_price=item.price_amount,
        quantity=quantity,
        product_id=item.product_id,
        category_id=item.category_id,
        tax_class_id=item.tax_class_id,
        weight_grams=item.weight_grams,
        is_offer=item.sale_id is not None,
    )


def _draft_lines(items: Mapping[str, ItemForSale], basket: Basket, quote: Quote) -> tuple[LineDraft, ...]:
    shares = quote.shares or (None,) * len(basket.lines)
    return tuple(
        LineDraft(items[line.sku].stock_item_id, line.sku, line.name, line.unit_price, line.quantity, share)
        for line, share in zip(basket.lines, shares, strict=True)
    )


def _find_window(items: Iterable[ItemForSale]) -> int:
    """Return how many seconds there are to pay: the most urgent line decides."""
    own = settings.PAYMENT_WINDOW_SECONDS
    return min((item.payment_window_seconds or own for item in items), default=own)


def _list_allowances(
    items: Mapping[str, ItemForSale], quantities: Sequence[tuple[str, int]], buyers: Sequence[str]
) -> tuple[Allowance, ...]:
    """Return what the order takes of the limits of the sales it buys from."""
    units: Counter[str] = Counter()
    for sku, quantity in quantities:
        units[sku] += quantity
    return tuple(
        Allowance(f"sale:{items[sku].sale_id}:{buyer}", limit, quantity, items[sku].stock_item_id)
        for sku, quantity in units.items()
        if (limit := items[sku].limit_per_customer)
        for buyer in buyers
    )
