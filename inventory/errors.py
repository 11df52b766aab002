"""What can go wrong with stock. Each error carries the data a caller needs to explain it."""

from collections.abc import Sequence
from dataclasses import dataclass

from inventory.types import Shortfall


class InventoryError(Exception):
    """Base of every error raised by inventory on purpose."""


@dataclass
class OutOfStock(InventoryError):
    """Some demands exceed what is available; all of them are listed."""

    shortfalls: Sequence[Shortfall]

    def __str__(self) -> str:
        return "; ".join(
            f"{s.sku}: {s.requested} requested, {s.available} available" for s in self.shortfalls
        )


class StockConflict(InventoryError):
    """A concurrent writer won the race for a stock item. The whole transaction may be tried again."""


@dataclass
class GuardClosed(InventoryError):
    """A guarded write matched other than the rows it was meant for; nothing behind it was carried out.

    `position` is the write's among the statements of its packet. What is before it is to be rolled back.
    """

    position: int


class StockBusy(InventoryError):
    """Too many others want the same rows; come back in a second, with the same idempotency key."""


@dataclass
class UnknownSku(InventoryError):
    """No stock item has one of these SKUs (or ids)."""

    skus: Sequence[str]

    def __str__(self) -> str:
        return f"no such SKU: {', '.join(self.skus)}"


@dataclass
class NotThatMany(InventoryError):
    """More units were to come back of a reference than it has."""

    reference: str
    asked: int
    left: int

    def __str__(self) -> str:
        return f"{self.reference}: {self.asked} units asked for, {self.left} left"


@dataclass
class DuplicateSku(InventoryError):
    """A stock item with this SKU exists already."""

    sku: str

    def __str__(self) -> str:
        return f"SKU {self.sku} exists already"


@dataclass
class InvalidQuantity(InventoryError):
    """A quantity is not a whole number in the allowed range."""

    quantity: object

    def __str__(self) -> str:
        return f"not a usable quantity: {self.quantity!r}"


@dataclass
class StockReserved(InventoryError):
    """On-hand stock cannot fall below what is promised to orders."""

    sku: str
    reserved: int

    def __str__(self) -> str:
        return f"{self.sku}: {self.reserved} units are promised to orders"


@dataclass
class OnHandChanged(InventoryError):
    """The books say another number than the one a count started from: units came or went meanwhile."""

    sku: str
    expected: int | None
    actual: int

    def __str__(self) -> str:
        return f"{self.sku}: {self.actual} units on hand, not {self.expected}"


@dataclass
class StockItemInUse(InventoryError):
    """The ledger or the catalogue still refers to this stock item."""

    sku: str

    def __str__(self) -> str:
        return f"{self.sku} is in use"


@dataclass
class UnknownStrategy(InventoryError):
    """No locking strategy is registered under this name."""

    name: str

    def __str__(self) -> str:
        return f"no locking strategy named {self.name!r}"


@dataclass
class StrategyNotSupported(InventoryError):
    """This database server lacks what a locking strategy rests on: SKIP LOCKED that skips and locks."""

    name: str
    server: str

    def __str__(self) -> str:
        return f"the locking strategy {self.name!r} needs SKIP LOCKED, which {self.server} does not have"


@dataclass
class DuplicateMovement(InventoryError):
    """The ledger already holds this movement; booking it again would count units twice."""

    reference: str

    def __str__(self) -> str:
        return f"already booked: {self.reference}"


class TransactionRequired(InventoryError):
    """The function changes stock together with something else and must be called inside a transaction."""
