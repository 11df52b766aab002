"""From SKUs to an order: the one way in for the web shop and the API."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from orders import selectors as order_selectors
from orders.errors import IdempotencyKeyReused
from orders.services import place_order
from orders.types import LineDraft, OrderDraft, PlacedOrder
from shop.errors import PriceChanged, ProductUnavailable
from shop.metrics import observe_checkout
from shop.models import Variant

LINE_NAME_LENGTH = 255


@observe_checkout
def place_order_for_skus(
    *,
    email: str,
    quantities: Sequence[tuple[str, int]],
    idempotency_scope: str,
    idempotency_key: str,
    customer_id: int | None = None,
    shipping_address: Mapping[str, Any] | None = None,
    expected_total: int | None = None,
    now: dt.datetime,
) -> PlacedOrder:
    """Place an order for units by SKU at today's prices.

    `expected_total`, in minor units, is what the customer was shown. A repeated key gives the first order
    whatever has become of prices, products or stock since. Raises ProductUnavailable, PriceChanged,
    OutOfStock, StockBusy, IdempotencyKeyReused, InvalidOrder. Opens its own transaction.
    """
    fingerprint = fingerprint_request(
        email=email, quantities=quantities, shipping_address=shipping_address, customer_id=customer_id
    )
    try:
        lines = _draft_lines(quantities)
        _require_total(lines, expected_total)
    except (ProductUnavailable, PriceChanged):
        if replay := _find_replay(idempotency_scope, idempotency_key, fingerprint):
            return replay
        raise
    due_at = now + dt.timedelta(seconds=settings.PAYMENT_WINDOW_SECONDS)
    return place_order(
        draft=OrderDraft(email, settings.SHOP_CURRENCY, lines, due_at, customer_id, shipping_address),
        idempotency_scope=idempotency_scope,
        idempotency_key=idempotency_key,
        fingerprint=fingerprint,
        now=now,
    )


def fingerprint_request(
    *,
    email: str,
    quantities: Sequence[tuple[str, int]],
    shipping_address: Mapping[str, Any] | None,
    customer_id: int | None,
) -> str:
    """Return a digest that is the same for the same request, however it was written down."""
    content = [email, sorted(quantities), shipping_address, customer_id]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _draft_lines(quantities: Sequence[tuple[str, int]]) -> tuple[LineDraft, ...]:
    skus = {sku for sku, _quantity in quantities}
    found = Variant.objects.filter(
        stock_item__sku__in=skus, is_active=True, product__is_published=True
    ).select_related("product", "stock_item")
    variants = {variant.stock_item.sku: variant for variant in found}
    if missing := sorted(skus - variants.keys()):
        raise ProductUnavailable(missing)
    return tuple(_draft_line(variants[sku], quantity) for sku, quantity in quantities)


def _draft_line(variant: Variant, quantity: int) -> LineDraft:
    name = f"{variant.product.name} ({variant.label})" if variant.label else variant.product.name
    return LineDraft(
        stock_item_id=variant.stock_item_id,
        sku=variant.stock_item.sku,
        name=name[:LINE_NAME_LENGTH],
        unit_price=variant.price_amount,
        quantity=quantity,
    )


def _require_total(lines: Sequence[LineDraft], expected_total: int | None) -> None:
    actual = sum(line.unit_price * line.quantity for line in lines)
    if expected_total is not None and actual != expected_total:
        raise PriceChanged(expected_total, actual)


def _find_replay(scope: str, key: str, fingerprint: str) -> PlacedOrder | None:
    found = order_selectors.find_placed(idempotency_scope=scope, idempotency_key=key)
    if found is None:
        return None
    order, placed_fingerprint = found
    if placed_fingerprint != fingerprint:
        raise IdempotencyKeyReused(key)
    return PlacedOrder(order, replayed=True)
