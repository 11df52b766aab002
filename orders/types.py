"""What orders takes from and hands to its neighbours. Amounts are minor units of the order's currency."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

MAX_LINES: Final = 5_000
MAX_AMOUNT: Final = 10**15
MAX_SCOPE_LENGTH: Final = 64
MAX_KEY_LENGTH: Final = 255
MAX_ALLOWANCE_KEY_LENGTH: Final = 255
LABEL_LENGTH: Final = 200
# An IPv6 address with an IPv4 address written at its end.
MAX_ADDRESS_LENGTH: Final = 45
MAX_LANGUAGE_LENGTH: Final = 10
# The name under which the sweep notes its success.
SWEEP_JOB: Final = "sweep_expired_orders"
# The step after payment whose result tells the customer where the parcel is.
SHIPMENT_STEP: Final = "shipment"


@dataclass(frozen=True, slots=True)
class LineDraft:
    """One line of an order to be placed."""

    stock_item_id: int
    sku: str
    name: str
    unit_price: int
    quantity: int
    # What of the order's total belongs to it: its price with its part of reductions, taxes and points. None
    # for its price less its part of what is taken off. Shipping belongs to no line.
    share: int | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """This order takes `quantity` of the `limit` units which whoever `key` stands for may have in all.

    Orders that are cancelled, expired or refunded give theirs back.
    """

    key: str
    limit: int
    quantity: int
    # Which units these are: with them their part of the allowance comes back. None for the order as a whole.
    stock_item_id: int | None = None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An amount besides the lines, such as what points take off the total: `amount` is negative then.

    `kind` is an AdjustmentKind; `points` is how many points of the customer it costs. `included` is tax that
    the prices contain: it is in the total without adding to it.
    """

    kind: str
    label: str
    amount: int
    points: int = 0
    included: int = 0


@dataclass(frozen=True, slots=True)
class UnpaidLimits:
    """How many units unpaid orders of one customer, and of one address, may hold at once; 0 is no limit."""

    per_customer: int = 0
    per_address: int = 0


NO_UNPAID_LIMITS: Final = UnpaidLimits()


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order to be placed. `payment_due_at` is aware UTC.

    `client_address` is where the order comes from, as far as brakes count it; empty for nowhere to count.
    `language` is the customer's, such as `zh-hans`; empty for the shop's own.
    """

    email: str
    currency: str
    lines: tuple[LineDraft, ...]
    payment_due_at: dt.datetime
    customer_id: int | None = None
    shipping_address: Mapping[str, Any] | None = None
    allowances: tuple[Allowance, ...] = ()
    client_address: str = ""
    language: str = ""
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def lines_amount(self) -> int:
        """Sum of the lines in minor units."""
        return sum(line.unit_price * line.quantity for line in self.lines)

    @property
    def total_amount(self) -> int:
        """Lines and adjustments together, in minor units: what there is to pay."""
        return self.lines_amount + sum(adjustment.amount for adjustment in self.adjustments)

    @property
    def points(self) -> int:
        """How many points of the customer the order costs."""
        return sum(adjustment.points for adjustment in self.adjustments)

    @property
    def units(self) -> int:
        """Units of all lines together."""
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class OrderLineView:
    """One line of an order, as it was bought."""

    sku: str
    name: str
    unit_price: int
    quantity: int
    stock_item_id: int
    refunded_quantity: int = 0
    # See LineDraft.
    share: int | None = None

    @property
    def line_total(self) -> int:
        """Price of the whole line in minor units."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as it was when it was read. Times are aware UTC."""

    id: int
    number: str
    status: str
    currency: str
    total_amount: int
    email: str
    customer_id: int | None
    shipping_address: Mapping[str, Any] | None
    payment_due_at: dt.datetime
    placed_at: dt.datetime
    paid_at: dt.datetime | None
    cancelled_at: dt.datetime | None
    fulfilled_at: dt.datetime | None
    refunded_at: dt.datetime | None
    cancel_reason: str
    lines: tuple[OrderLineView, ...]
    language: str = ""
    adjustments: tuple[Adjustment, ...] = ()
    # What went back of it, or is about to.
    refunded_amount: int = 0

    @property
    def lines_amount(self) -> int:
        """Sum of the lines in minor units."""
        return sum(line.line_total for line in self.lines)

    @property
    def points(self) -> int:
        """How many points of the customer the order costs."""
        return sum(adjustment.points for adjustment in self.adjustments)


@dataclass(frozen=True, slots=True)
class PointsView:
    """What a customer can spend, and what they owe: points to be taken back that were spent already."""

    balance: int
    owed: int


@dataclass(frozen=True, slots=True)
class PointsEntryView:
    """One change of what a customer can spend, and why; `order_number` is empty where there was no order.

    `label` is its kind in the reader's language.
    """

    id: int
    kind: str
    label: str
    points: int
    owed: int
    order_number: str
    reason: str
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class OrderPoints:
    """Points of one order: those it cost that have not come back, and those it earned that were kept."""

    spent: int
    earned: int


@dataclass(frozen=True, slots=True)
class Tracking:
    """How to find a parcel. `url` may be empty."""

    carrier: str
    number: str
    url: str


@dataclass(frozen=True, slots=True)
class OrderState:
    """Where an order is in its life."""

    id: int
    number: str
    status: str
    cancel_reason: str
    stock_reference: str


@dataclass(frozen=True, slots=True)
class LineRefund:
    """So many units of the line at `position` (from 0) are refunded.

    `restock` says what becomes of them. Not shipped: they go on sale again (None, True) or are written off
    (False). Shipped: they came back and go on sale again (True), or nobody saw them again (None, False).
    """

    position: int
    quantity: int
    restock: bool | None = None


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """The order of a checkout, and whether it was there already."""

    order: OrderView
    replayed: bool


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What one sweep of unpaid orders did."""

    cancelled: int
    parked: int
    units_released: int
    seconds: float
