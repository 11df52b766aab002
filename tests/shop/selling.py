"""Flash sales to test with."""

import datetime as dt
from typing import Any

from django.utils import timezone

from inventory.selectors import get_stock_level
from inventory.types import StockLevel
from shop.models import Variant
from shop.sale_board import forget_board
from shop.sale_types import FlashSaleView, SalePlan
from shop.services.flash_sales import schedule_flash_sale
from tests.shop.shopping import make_variant

HOUR = dt.timedelta(hours=1)


def make_plan(now: dt.datetime, **facts: Any) -> SalePlan:
    """Return a plan for ten units at 9.00, open for two hours around now."""
    plan: dict[str, Any] = {
        "name": "Noon deal",
        "price_amount": 900,
        "starts_at": now - HOUR,
        "ends_at": now + HOUR,
        "units": 10,
        **facts,
    }
    return SalePlan(**plan)


def make_sale(
    variant: Variant | None = None,
    *,
    now: dt.datetime | None = None,
    strategy: str = "combined",
    on_hand: int = 30,
    **facts: Any,
) -> FlashSaleView:
    """Put some units of a variant, of a new one with `on_hand` unless it is given, on sale."""
    now = now or timezone.now()
    sale = schedule_flash_sale(
        variant_id=(variant or make_variant(on_hand=on_hand)).pk,
        plan=make_plan(now, **facts),
        strategy=strategy,
        actor="test",
        now=now,
    )
    forget_board()
    return sale


def get_levels(sale: FlashSaleView) -> tuple[StockLevel, StockLevel]:
    """Return the stock of the variant and of the offer."""
    return get_stock_level(sku=sale.sku.rpartition(".SALE-")[0]), get_stock_level(sku=sale.sku)


def count_left(sale: FlashSaleView) -> tuple[int, int]:
    """Return how many units are available of the variant and of the offer."""
    own, offered = get_levels(sale)
    return own.available, offered.available
