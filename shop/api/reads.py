"""Reads that only the API needs."""

from inventory.selectors import get_stock_levels
from inventory.types import StockLevel
from shop.api.errors import SkuNotFound
from shop.models import Variant


def get_level_for_sale(*, sku: str) -> StockLevel:
    """Return the stock of a SKU that customers can see. Raises SkuNotFound for any other, in stock or not."""
    is_for_sale = Variant.objects.filter(
        stock_item__sku=sku, is_active=True, product__is_published=True
    ).exists()
    level = get_stock_levels(skus=[sku]).get(sku) if is_for_sale else None
    if level is None:
        raise SkuNotFound(sku)
    return level
