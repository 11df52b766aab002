"""What can be wrong with a change of an address book."""

from shop.address_book.types import MAX_ADDRESSES
from shop.errors import ShopError


class AddressNotFound(ShopError):
    """This customer has no such address, or not any more."""

    def __init__(self, address_id: int) -> None:
        self.address_id = address_id
        super().__init__(f"no address {address_id}")


class TooManyAddresses(ShopError):
    """An address book is full."""

    def __init__(self) -> None:
        super().__init__(f"more than {MAX_ADDRESSES} addresses")
