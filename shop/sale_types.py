"""Flash sales as they are planned, changed and shown. Amounts are minor units."""

import datetime as dt
from dataclasses import dataclass

from shop.types import MAX_LINE_QUANTITY


@dataclass(frozen=True, slots=True)
class SalePlan:
    """A flash sale as it is to be. `units` is how many are set aside for it in all.

    `limit_per_customer` 0 is no limit, `payment_window_seconds` None the shop's own.
    """

    name: str
    price_amount: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    units: int
    limit_per_customer: int = 0
    payment_window_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class SaleReport:
    """What one round of tending flash sales did."""

    opened: int
    ended: int
    units_returned: int


@dataclass(frozen=True, slots=True)
class FlashSaleView:
    """A flash sale as it was when it was read. `sku` is the offer's, `variant_id` the offer's too.

    `remaining` units could be promised then. Times are aware UTC; `limit_per_customer` 0 is no limit,
    `payment_window_seconds` None the shop's own.
    """

    id: int
    name: str
    sku: str
    variant_id: int
    product_id: int
    product_slug: str
    product_name: str
    label: str
    price_amount: int
    regular_price_amount: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    ended_at: dt.datetime | None
    units: int
    remaining: int
    limit_per_customer: int
    payment_window_seconds: int | None

    def is_open(self, now: dt.datetime) -> bool:
        """Whether its SKU is for sale at this moment."""
        return self.ended_at is None and self.starts_at <= now < self.ends_at

    def is_upcoming(self, now: dt.datetime) -> bool:
        """Whether it will open by itself."""
        return self.ended_at is None and now < self.starts_at

    def is_over(self, now: dt.datetime) -> bool:
        """Whether it has ended and will not open again."""
        return self.ended_at is not None or self.ends_at <= now

    @property
    def is_sold_out(self) -> bool:
        """Whether nobody can be promised one right now; units of unpaid orders may come back."""
        return self.remaining <= 0

    @property
    def most(self) -> int:
        """The largest quantity worth asking for."""
        return max(1, min(self.remaining, self.limit_per_customer or MAX_LINE_QUANTITY, MAX_LINE_QUANTITY))
