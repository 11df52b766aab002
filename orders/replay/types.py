"""What the parts of a replay hand to each other.

Amounts are minor units; nothing here needs Django to be set up.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from orders.types import OrderDraft

Result = Literal["placed", "refused", "busy", "failed"]


@dataclass(frozen=True, slots=True)
class LoggedLine:
    """One usable row of the log."""

    code: str
    name: str
    unit_price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Invoice:
    """All usable rows of one invoice, in file order."""

    number: str
    lines: tuple[LoggedLine, ...]


@dataclass(frozen=True, slots=True)
class OrderLog:
    """What a file holds.

    `skipped_rows` counts rows of cancellations, without a price or quantity, or unreadable.
    """

    invoices: tuple[Invoice, ...]
    skipped_rows: int
    cancellations: int
    rounded_prices: int

    def sum_demand(self) -> Counter[str]:
        """Return the units asked for of each stock code, in order of first appearance."""
        demand: Counter[str] = Counter()
        for invoice in self.invoices:
            for line in invoice.lines:
                demand[line.code] += line.quantity
        return demand


@dataclass(frozen=True, slots=True)
class StockedItem:
    """A stock item made for one run and the units it started with."""

    id: int
    sku: str
    on_hand: int


@dataclass(frozen=True, slots=True)
class Job:
    """One order for a worker to place."""

    key: str
    draft: OrderDraft


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job. `detail` explains a failure."""

    key: str
    result: Result
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Race:
    """What the workers brought home together."""

    outcomes: Sequence[Outcome]
    contention: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Audit:
    """What the database says about a run. Quantities are units; `problems` names what does not agree."""

    units_sold: int
    oversold_units: int
    false_refusals: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """One replay, measured and checked."""

    run: str
    strategy: str
    workers: int
    stock_factor: Decimal
    orders_placed: int
    orders_refused: int
    orders_busy: int
    orders_failed: int
    false_refusals: int
    skipped_rows: int
    cancellations: int
    units_requested: int
    units_sold: int
    oversold_units: int
    retries: int
    deadlocks: int
    lock_waits: int
    conflicts: int
    strategy_switches: int
    seconds: float
    orders_per_second: float
    books_balanced: bool
    problems: tuple[str, ...]

    @property
    def kept_every_promise(self) -> bool:
        """Whether nothing was oversold, wrongly refused, lost or booked wrongly."""
        broken = self.oversold_units or self.false_refusals or self.orders_failed
        return self.books_balanced and not broken
