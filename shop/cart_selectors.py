"""Reads of carts, with what could be had of each line right now."""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence

from django.db.models import Prefetch, QuerySet, Sum
from django.utils.translation import gettext as _

from inventory import selectors as stock
from inventory.types import StockLevel
from orders.selectors import find_placed
from orders.types import OrderView
from shop.models import Cart, CartLine, FlashSale, ProductImage
from shop.pictures import show_picture
from shop.types import CartLineView, CartView


def find_cart_id(*, cart_id: int | None, customer_id: int | None) -> int | None:
    """Return the id of a customer's cart, or of the anonymous cart `cart_id` if that is what it is."""
    if customer_id is not None:
        return Cart.objects.filter(customer_id=customer_id).values_list("id", flat=True).first()
    if cart_id is not None:
        return Cart.objects.filter(id=cart_id, customer=None).values_list("id", flat=True).first()
    return None


def get_cart(*, cart_id: int | None, now: dt.datetime) -> CartView | None:
    """Return a cart with its lines in the order they were added, or None if it is gone.

    `now` decides which flash sales are open.
    """
    cart = Cart.objects.filter(id=cart_id).first() if cart_id is not None else None
    if cart is None:
        return None
    lines = list(_with_details(cart))
    levels = stock.get_levels_by_id(ids=[line.variant.stock_item_id for line in lines])
    views = tuple(_to_line(line, levels[line.variant.stock_item_id], now) for line in lines)
    return CartView(id=cart.pk, checkout_key=cart.checkout_key, lines=views)


def count_units(*, cart_id: int) -> int:
    """Return how many units are in a cart."""
    return CartLine.objects.filter(cart_id=cart_id).aggregate(units=Sum("quantity"))["units"] or 0


def cart_scope(*, cart_id: int) -> str:
    """Return the scope in which a cart's checkout keys are unique."""
    return f"cart:{cart_id}"


def find_cart_order(*, cart_id: int, checkout_key: str) -> OrderView | None:
    """Return the order that was placed from a cart under this key, if it was."""
    found = find_placed(idempotency_scope=cart_scope(cart_id=cart_id), idempotency_key=checkout_key)
    return found[0] if found else None


def digest_lines(*, quantities: Sequence[tuple[str, int]]) -> str:
    """Return a digest of what a cart holds, to notice that it is no longer what a page showed."""
    return hashlib.sha256(json.dumps(sorted(quantities)).encode()).hexdigest()[:32]


def _with_details(cart: Cart) -> QuerySet[CartLine]:
    images = Prefetch("variant__product__images", ProductImage.objects.order_by("position", "id"))
    return (
        cart.lines.select_related("variant__product", "variant__sale").prefetch_related(images).order_by("id")
    )


def _to_line(line: CartLine, level: StockLevel, now: dt.datetime) -> CartLineView:
    product = line.variant.product
    sale: FlashSale | None = getattr(line.variant, "sale", None)
    image = next(iter(product.images.all()), None)
    return CartLineView(
        variant_id=line.variant_id,
        sku=level.sku,
        product_name=_("%(name)s (flash sale)") % {"name": product.name} if sale else product.name,
        product_slug=product.slug,
        label=line.variant.label,
        image=show_picture(image, name=product.name) if image else None,
        unit_price=line.variant.price_amount,
        quantity=line.quantity,
        available=level.available,
        is_for_sale=line.variant.is_active and product.is_published and (sale is None or sale.is_open(now)),
        product_id=product.pk,
        category_id=product.category_id,
        tax_class_id=product.tax_class_id,
        weight_grams=line.variant.weight_grams,
        sale_ends_at=sale.ends_at if sale else None,
        limit=sale.limit_per_customer if sale else 0,
    )
