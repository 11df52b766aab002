"""The flash sales that pages show, and what is left of them, as this process read them a second ago."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from inventory.types import Shortfall
from shop.glances import Glances
from shop.sale_selectors import list_current_sales
from shop.sale_types import FlashSaleView

# How early a sale is announced, and how long people are told that one is over.
ANNOUNCED: Final = dt.timedelta(days=7)
REMEMBERED: Final = dt.timedelta(minutes=30)
_BOARD: Final = "board"

_glances: Final[Glances[str, "SaleBoard"]] = Glances()


@dataclass(frozen=True, slots=True)
class SaleBoard:
    """The sales that are announced, open, or over since shortly."""

    sales: tuple[FlashSaleView, ...]

    def find(self, *, sale_id: int) -> FlashSaleView | None:
        """Return a sale if pages may show it."""
        return next((sale for sale in self.sales if sale.id == sale_id), None)

    def list_for_product(self, *, slug: str, now: dt.datetime) -> Sequence[FlashSaleView]:
        """Return the product's open sales, or else the next one, or else the one that ended last."""
        sales = [sale for sale in self.sales if sale.product_slug == slug]
        if open_ones := [sale for sale in sales if sale.is_open(now)]:
            return open_ones
        if coming := [sale for sale in sales if sale.is_upcoming(now)]:
            return [min(coming, key=lambda sale: sale.starts_at)]
        return sales[-1:]

    def list_prices(self, *, now: dt.datetime) -> Mapping[int, int]:
        """Return by product id the lowest price of its open sales that have units left."""
        prices: dict[int, int] = {}
        for sale in self.sales:
            if sale.is_open(now) and sale.remaining > 0:
                prices[sale.product_id] = min(
                    sale.price_amount, prices.get(sale.product_id, sale.price_amount)
                )
        return prices


def read_board(*, now: dt.datetime) -> SaleBoard:
    """Return the current sales, read at most about a second ago."""

    def read() -> SaleBoard:
        sales = list_current_sales(starts_before=now + ANNOUNCED, ended_after=now - REMEMBERED)
        return SaleBoard(tuple(sales))

    return _glances.look(_BOARD, read)


def note_shortfalls(shortfalls: Sequence[Shortfall]) -> None:
    """Show from now on no more of a SKU than an order was just refused for."""
    left = {short.sku: short.available for short in shortfalls}

    def lower(sale: FlashSaleView) -> FlashSaleView:
        return replace(sale, remaining=min(sale.remaining, left.get(sale.sku, sale.remaining)))

    _glances.change(_BOARD, lambda board: SaleBoard(tuple(lower(sale) for sale in board.sales)))


def forget_board() -> None:
    """Read anew at the next look: staff who change a sale see it at once."""
    _glances.forget()
