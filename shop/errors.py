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


@dataclass
class ProductNotFound(ShopError):
    """No published product has this slug."""

    slug: str

    def __str__(self) -> str:
        return f"no product {self.slug}"


class CartNotFound(ShopError):
    """The cart is gone, or belongs to somebody else."""


class CartFull(ShopError):
    """The cart holds as many different products as one cart may."""


class CartEmpty(ShopError):
    """There is nothing in the cart to order."""


class CartChanged(ShopError):
    """The cart is not the one the customer was shown when they placed the order."""
