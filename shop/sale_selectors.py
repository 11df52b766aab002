"""Reads of flash sales, in two queries whatever is asked for. Pages read `sale_board`, which remembers."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from django.db.models import Q, QuerySet

from inventory import selectors as stock
from shop.errors import FlashSaleNotFound
from shop.models import FlashSale
from shop.sale_types import FlashSaleView

# The view's fields but for the two that are worked out, in its order.
_COLUMNS: Final = (
    "id",
    "name",
    "offer__stock_item_id",
    "offer_id",
    "variant__product_id",
    "variant__product__slug",
    "variant__product__name",
    "variant__options",
    "offer__price_amount",
    "variant__price_amount",
    "starts_at",
    "ends_at",
    "ended_at",
    "units",
    "limit_per_customer",
    "payment_window_seconds",
)


def get_flash_sale(*, sale_id: int) -> FlashSaleView:
    """Return one flash sale, whatever its state. Raises FlashSaleNotFound."""
    for sale in _read(FlashSale.objects.filter(id=sale_id)):
        return sale
    raise FlashSaleNotFound(sale_id)


def find_sale_of_sku(*, sku: str) -> FlashSaleView | None:
    """Return the flash sale whose offer has this SKU, whatever its state, or None."""
    return next(iter(_read(FlashSale.objects.filter(offer__stock_item__sku=sku))), None)


def list_open_sales(*, now: dt.datetime) -> list[FlashSaleView]:
    """Return the sales in which somebody may buy now, the first to end first."""
    found = list_current_sales(starts_before=now, ended_after=now)
    return [sale for sale in found if sale.is_open(now)]


def list_current_sales(*, starts_before: dt.datetime, ended_after: dt.datetime) -> list[FlashSaleView]:
    """Return the sales of published products that are not over, or ended after a moment, soonest end first.

    Sales that start later than `starts_before` are left out.
    """
    is_current = Q(ended_at=None, ends_at__gt=ended_after) | Q(ended_at__gt=ended_after)
    sales = FlashSale.objects.filter(is_current, starts_at__lte=starts_before)
    return _read(sales.filter(variant__product__is_published=True))


def _read(sales: QuerySet[FlashSale]) -> list[FlashSaleView]:
    rows = list(sales.order_by("ends_at", "id").values_list(*_COLUMNS))
    return list(_to_views(rows)) if rows else []


def _to_views(rows: list[tuple[Any, ...]]) -> Iterable[FlashSaleView]:
    levels = stock.get_levels_by_id(ids=[row[2] for row in rows])
    for id_, name, stock_item_id, offer_id, product_id, slug, product, options, *facts in rows:
        price, regular, starts_at, ends_at, ended_at, units, limit, window = facts
        level = levels[stock_item_id]
        yield FlashSaleView(
            id=id_,
            name=name,
            sku=level.sku,
            variant_id=offer_id,
            product_id=product_id,
            product_slug=slug,
            product_name=product,
            label=" / ".join(value for _name, value in options),
            price_amount=price,
            regular_price_amount=regular,
            starts_at=starts_at,
            ends_at=ends_at,
            ended_at=ended_at,
            units=units,
            remaining=level.available,
            limit_per_customer=limit,
            payment_window_seconds=window,
        )
