"""What inventory hands to its neighbours. Quantities are whole units."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

# The largest quantity one demand, receipt or adjustment may name; counters are 64-bit, so sums stay far
# from the edge.
MAX_QUANTITY: Final = 1_000_000_000
# Characters of the longest SKU.
SKU_LENGTH: Final = 100


@dataclass(frozen=True, slots=True)
class Demand:
    """Units of one stock item that somebody wants."""

    stock_item_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class NewStockItem:
    """A SKU to be taken in, and the units it starts with."""

    sku: str
    on_hand: int = 0
    locking_strategy: str = "conditional"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What was asked for of one SKU and what was there."""

    sku: str
    requested: int
    available: int


@dataclass(frozen=True, slots=True)
class StockLevel:
    """One stock item as it was when it was read."""

    id: int
    sku: str
    on_hand: int
    available: int
    version: int
    locking_strategy: str
    low_stock_threshold: int

    @property
    def reserved(self) -> int:
        """Units that are here but promised to orders."""
        return self.on_hand - self.available

    @property
    def is_low(self) -> bool:
        """Whether fewer units can be promised than staff want to be told about."""
        return self.available <= self.low_stock_threshold


@dataclass(frozen=True, slots=True)
class MovementView:
    """One line of the ledger. `kind` is the stored name, `label` what people call it."""

    stock_item_id: int
    sku: str
    kind: str
    label: str
    available_delta: int
    on_hand_delta: int
    reference: str
    actor: str
    reason: str
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the books do not balance."""

    check: str
    subject: str
    detail: str
    expected: int | str
    actual: int | str
    repairable: bool = False
