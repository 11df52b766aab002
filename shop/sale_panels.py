"""A flash sale as its panel on the product page shows it."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from shop.sale_types import FlashSaleView

# Below this, a number that is a second old could be more than there is: "fewer than" cannot.
FEW: Final = 10
# Further away than this, a date says more than a clock.
_CLOCKED: Final = dt.timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class SalePanel:
    """What there is to say about a sale at one moment. Nothing here promises more than there was."""

    sale: FlashSaleView
    now: dt.datetime

    @property
    def state(self) -> str:
        """`soon`, `open`, `sold-out` or `over`."""
        if self.sale.is_upcoming(self.now):
            return "soon"
        if self.sale.is_over(self.now):
            return "over"
        return "sold-out" if self.sale.is_sold_out else "open"

    @property
    def seconds_to_start(self) -> int | None:
        """Whole seconds until it starts, or None while that is days away."""
        return self._count_down(self.sale.starts_at)

    @property
    def seconds_to_end(self) -> int | None:
        """Whole seconds until it ends, or None while that is days away."""
        return self._count_down(self.sale.ends_at)

    @property
    def is_nearly_gone(self) -> bool:
        """Whether so few are left that no number is shown."""
        return self.sale.remaining < FEW

    @property
    def about(self) -> int:
        """Units left, rounded down to two digits or tens."""
        left = min(self.sale.remaining, self.sale.units)
        step = max(FEW, int(10 ** (len(str(left)) - 2)))
        return left // step * step

    @property
    def percent_left(self) -> int:
        """How full the bar is: no fuller than the numbers, and never empty while something is left."""
        if self.sale.is_sold_out:
            return 0
        shown = self.sale.remaining if self.is_nearly_gone else self.about
        return max(1, min(100, shown * 100 // self.sale.units))

    @property
    def percent_off(self) -> int:
        """How much lower the price is than the regular one, rounded down; 0 where it is not."""
        regular, price = self.sale.regular_price_amount, self.sale.price_amount
        return (regular - price) * 100 // regular if 0 <= price < regular else 0

    def _count_down(self, moment: dt.datetime) -> int | None:
        left = moment - self.now
        # Rounded up: a page must not open its sale before the shop does.
        return max(0, -(-left // dt.timedelta(seconds=1))) if left < _CLOCKED else None
