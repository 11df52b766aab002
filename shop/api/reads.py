"""Reads that only the API needs."""

import datetime as dt

from inventory.selectors import get_stock_levels
from inventory.types import StockLevel
from shop.api.errors import SkuNotFound
from shop.models import Variant


def get_level_for_sale(*, sku: str, now: dt.datetime) -> StockLevel:
    """Return the stock of a SKU that customers can buy now. Raises SkuNotFound for any other."""
    is_for_sale = Variant.objects.for_sale(now).filter(stock_item__sku=sku).exists()
    level = get_stock_levels(skus=[sku]).get(sku) if is_for_sale else None
    if level is None:
        raise SkuNotFound(sku)
    return level
