"""What pricing takes and gives. Amounts are minor units of the shop's currency, weights are grams."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orders.types import Adjustment, Allowance
from shop.delivery.errors import NotDeliverable
from shop.delivery.methods import DeliveryOption
from shop.errors import ShopError


@dataclass(frozen=True, slots=True)
class PricedLine:
    """Units of one SKU at today's price. `is_offer` is whether that is the price of a flash sale."""

    sku: str
    name: str
    unit_price: int
    quantity: int
    product_id: int
    category_id: int | None = None
    tax_class_id: int | None = None
    weight_grams: int = 0
    is_offer: bool = False

    @property
    def amount(self) -> int:
        """Price of the whole line."""
        return self.unit_price * self.quantity

    @property
    def grams(self) -> int:
        """Weight of the whole line."""
        return self.weight_grams * self.quantity


@dataclass(frozen=True, slots=True)
class Basket:
    """What somebody would order, as far as it is known: a cart has no address yet.

    `shipping_method` and `coupon` are codes as they were typed, empty for none. Of `points`, as many are
    spent as go into the total. `client_address` is where wrong coupons are counted, empty for nowhere.
    """

    lines: tuple[PricedLine, ...]
    now: dt.datetime
    email: str = ""
    customer_id: int | None = None
    address: Mapping[str, Any] | None = None
    shipping_method: str = ""
    coupon: str = ""
    points: int = 0
    client_address: str = ""

    @property
    def lines_amount(self) -> int:
        """Sum of the lines."""
        return sum(line.amount for line in self.lines)

    @property
    def grams(self) -> int:
        """Weight of all lines."""
        return sum(line.grams for line in self.lines)


@dataclass(frozen=True, slots=True)
class Reduction:
    """What promotions and a coupon take off a basket.

    `adjustments` are negative and come to no more than the lines; promotions first, then the coupon.
    `by_line` is how much comes off each line, as a positive amount; empty spreads it over all of them by
    price. `problem` is why the coupon is not taken: the rest holds without it.
    """

    adjustments: tuple[Adjustment, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    by_line: tuple[int, ...] = ()
    free_shipping: bool = False
    problem: ShopError | None = None


NO_REDUCTION: Final = Reduction()


@dataclass(frozen=True, slots=True)
class Quote:
    """What a basket costs: its lines, and adjustments in the order promotion, coupon, shipping, tax, points.

    `shares` is what of the total belongs to each line; None where the lines are all there is. `problems` are
    in the way of ordering; the quote is what it would be without what they are about.
    """

    lines_amount: int
    adjustments: tuple[Adjustment, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    shares: tuple[int, ...] | None = None
    problems: tuple[ShopError, ...] = ()
    # How it can be shipped, and the code of the method the quote is with: the one chosen, or the cheapest.
    shipping_options: tuple[DeliveryOption, ...] = ()
    shipping_method: str = ""

    @property
    def total(self) -> int:
        """What there is to pay."""
        return self.lines_amount + sum(adjustment.amount for adjustment in self.adjustments)

    @property
    def is_undeliverable(self) -> bool:
        """Whether the shop does not ship it there."""
        return any(isinstance(problem, NotDeliverable) for problem in self.problems)

    @property
    def total_before_points(self) -> int:
        """What there would be to pay without points."""
        return self.total - sum(a.amount for a in self.adjustments if a.points)
