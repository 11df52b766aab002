"""What can be wrong with where or how an order is to be shipped."""

from dataclasses import dataclass

from shop.errors import ShopError


@dataclass
class NotDeliverable(ShopError):
    """The shop does not ship such an order to this country, or to this part of it."""

    country: str

    def __str__(self) -> str:
        return f"no shipping to {self.country}"


@dataclass
class ShippingMethodUnavailable(ShopError):
    """This shipping method is not to be had for this order."""

    code: str

    def __str__(self) -> str:
        return f"no shipping method {self.code}"
