"""Coupons, promotions and baskets to use them on."""

import datetime as dt
import uuid
from typing import Any

from orders.types import PlacedOrder
from shop.models import Variant
from shop.order_requests import OrderRequest
from shop.pricing.types import Basket, PricedLine
from shop.promotions.models import Coupon, Promotion
from shop.promotions.rules import forget_promotions
from shop.services.checkout import place_order_for_skus
from tests.builders import NOW


def make_coupon(code: str = "SAVE10", kind: str = "percent", **facts: Any) -> Coupon:
    """Print a coupon, of ten percent unless something else is said."""
    given = {"percent": 10} if kind == "percent" else {"amount": 500} if kind == "fixed" else {}
    return Coupon.objects.create(code=code, kind=kind, **{**given, **facts})


def make_promotion(name: str = "Deal", kind: str = "percent", **facts: Any) -> Promotion:
    """Start a promotion, of twenty percent unless something else is said."""
    given = {"percent": 20} if kind == "percent" else {"amount": 500} if kind == "fixed" else {}
    promotion = Promotion.objects.create(name=name, kind=kind, **{**given, **facts})
    forget_promotions()
    return promotion


def make_basket(*lines: tuple[int, int], **facts: Any) -> Basket:
    """Return a basket of (unit price, quantity) lines; `products`, `categories` and `offers` are by line."""
    nothing = (None,) * len(lines)
    products, categories = facts.pop("products", nothing), facts.pop("categories", nothing)
    offers = facts.pop("offers", (False,) * len(lines))
    priced = tuple(
        PricedLine(
            sku=f"SKU-{i}",
            name="Mug",
            unit_price=price,
            quantity=units,
            product_id=products[i] or 0,
            category_id=categories[i],
            is_offer=offers[i],
        )
        for i, (price, units) in enumerate(lines)
    )
    return Basket(lines=priced, now=NOW, **facts)


def buy(
    *lines: tuple[Variant, int],
    email: str = "ada@example.com",
    key: str = "",
    now: dt.datetime = NOW,
    **facts: Any,
) -> PlacedOrder:
    """Order units the way the pages and the API do."""
    return place_order_for_skus(
        OrderRequest(
            email=email,
            quantities=[(variant.stock_item.sku, quantity) for variant, quantity in lines],
            **facts,
        ),
        idempotency_scope="test",
        idempotency_key=key or uuid.uuid4().hex,
        now=now,
    )
