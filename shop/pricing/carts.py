"""What a cart would cost."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from shop.delivery.methods import read_zones
from shop.pricing.quotes import price
from shop.pricing.types import Basket, PricedLine, Quote
from shop.tax.rates import has_rates
from shop.types import CartLineView, CartView


def price_cart(
    *,
    cart: CartView,
    email: str = "",
    customer_id: int | None = None,
    address: Mapping[str, Any] | None = None,
    shipping_method: str = "",
    coupon: str = "",
    client_address: str = "",
    now: dt.datetime,
) -> Quote:
    """Return what a cart would cost before points, as far as it is known where it goes."""
    return price(
        Basket(
            lines=tuple(_to_line(line) for line in cart.lines),
            now=now,
            email=email,
            customer_id=customer_id,
            address=address,
            shipping_method=shipping_method,
            coupon=coupon,
            client_address=client_address,
        )
    )


def depends_on_place() -> bool:
    """Say whether it matters to a price where the parcel goes."""
    return bool(read_zones()) or has_rates()


def _to_line(line: CartLineView) -> PricedLine:
    return PricedLine(
        sku=line.sku,
        name=line.product_name,
        unit_price=line.unit_price,
        quantity=line.quantity,
        product_id=line.product_id,
        category_id=line.category_id,
        tax_class_id=line.tax_class_id,
        weight_grams=line.weight_grams,
        is_offer=line.sale_ends_at is not None,
    )
