"""What can go wrong between the catalogue and an order."""

from collections.abc import Sequence
from dataclasses import dataclass


class ShopError(Exception):
    """Base of every error raised by shop on purpose."""


@dataclass
class ProductUnavailable(ShopError):
    """These SKUs are not for sale: unknown, unpublished or withdrawn."""

    skus: Sequence[str]

    def __str__(self) -> str:
        return f"not for sale: {', '.join(self.skus)}"


@dataclass
class PriceChanged(ShopError):
    """The total differs from the one the customer was shown. Amounts are minor units."""

    shown: int
    actual: int

    def __str__(self) -> str:
        return f"the total is {self.actual}, not {self.shown}"
