"""What can go wrong between the catalogue and an order."""

import datetime as dt
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


class PointsNotTaken(ShopError):
    """Points cannot be used: the shop takes none, or the customer has not signed in."""


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


class SaleError(ShopError):
    """Base of what can be wrong with a flash sale."""


@dataclass
class FlashSaleNotFound(SaleError):
    """No flash sale has this id."""

    sale_id: int

    def __str__(self) -> str:
        return f"no flash sale {self.sale_id}"


@dataclass
class InvalidSale(SaleError):
    """The plan of a sale cannot be: `field` names what is wrong with it."""

    field: str
    problem: str

    def __str__(self) -> str:
        return self.problem


@dataclass
class SaleOverlaps(SaleError):
    """The variant is in another sale at that time."""

    name: str
    starts_at: dt.datetime
    ends_at: dt.datetime

    def __str__(self) -> str:
        return f"overlaps with {self.name}, {self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%Y-%m-%d %H:%M}"


class SaleOver(SaleError):
    """The sale has ended: nothing about it can change any more."""


class SaleStarted(SaleError):
    """The sale has started: it can be ended, not cancelled, and its start stays what it was."""


class AccountInUse(ShopError):
    """An account cannot be deleted: an order of it waits for its money, or it is a member of staff's."""
