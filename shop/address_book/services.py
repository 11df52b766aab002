"""Changes of address books. None needs a transaction: each is one write that carries its guard."""

import datetime as dt
from dataclasses import asdict

from shop.address_book.errors import AddressNotFound, TooManyAddresses
from shop.address_book.models import Address
from shop.address_book.selectors import filter_addresses
from shop.address_book.types import MAX_ADDRESSES, AddressFields


def keep_address(*, customer_id: int, fields: AddressFields, now: dt.datetime) -> int:
    """Put an address into the book, as the first of it, and return its id. Raises TooManyAddresses.

    One that is there already is not kept twice.
    """
    texts = asdict(fields)
    same = filter_addresses(customer_id).filter(**texts).values_list("id", flat=True).first()
    if same is not None:
        filter_addresses(customer_id).filter(id=same).update(chosen_at=now)
        return same
    # Not exact under concurrency, and need not be: it keeps the page short.
    if filter_addresses(customer_id).count() >= MAX_ADDRESSES:
        raise TooManyAddresses
    return Address.objects.create(customer_id=customer_id, chosen_at=now, **texts).pk


def change_address(*, customer_id: int, address_id: int, fields: AddressFields) -> None:
    """Write an address anew. Raises AddressNotFound."""
    if not filter_addresses(customer_id).filter(id=address_id).update(**asdict(fields)):
        raise AddressNotFound(address_id)


def choose_address(*, customer_id: int, address_id: int, now: dt.datetime) -> None:
    """Make an address the customer's first. Raises AddressNotFound."""
    if not filter_addresses(customer_id).filter(id=address_id).update(chosen_at=now):
        raise AddressNotFound(address_id)


def drop_address(*, customer_id: int, address_id: int) -> None:
    """Take an address out of the book; one that is gone already is no error."""
    filter_addresses(customer_id).filter(id=address_id).delete()
