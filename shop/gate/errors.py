"""What the gate says instead of letting an order through."""

from dataclasses import dataclass

from inventory.errors import OutOfStock
from shop.errors import ShopError
from shop.gate.types import Waiting


@dataclass
class MustWait(ShopError):
    """Others were here before; nothing was ordered. `is_known`: the caller showed a ticket of its own."""

    sale_id: int
    waiting: Waiting
    is_known: bool

    def __str__(self) -> str:
        return f"number {self.waiting.place} in the line"


@dataclass
class SaleSoldOut(OutOfStock):
    """MySQL had none left a moment ago; nothing was ordered.

    `held` units are in unpaid orders and may come back; `line` is the place of somebody who waits for that.
    """

    sale_id: int
    held: int
    line: Waiting | None
