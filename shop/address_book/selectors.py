"""Reads of address books. One statement each."""

from typing import Any, Final

from django.db.models import QuerySet

from shop.address_book.errors import AddressNotFound
from shop.address_book.models import Address
from shop.address_book.types import MAX_ADDRESSES, AddressFields, AddressView

_FIELDS: Final = tuple(AddressFields.__dataclass_fields__)


def list_addresses(customer_id: int) -> list[AddressView]:
    """Return a customer's addresses, the one chosen last first."""
    addresses = filter_addresses(customer_id).order_by("-chosen_at", "-id")
    return [_to_view(*row) for row in addresses.values_list("id", *_FIELDS)[:MAX_ADDRESSES]]


def get_address(*, customer_id: int, address_id: int) -> AddressView:
    """Return one address of a customer. Raises AddressNotFound, also for those of others."""
    row = filter_addresses(customer_id).filter(id=address_id).values_list("id", *_FIELDS).first()
    if row is None:
        raise AddressNotFound(address_id)
    return _to_view(*row)


def filter_addresses(customer_id: int) -> QuerySet[Address]:
    """Return the addresses of one customer."""
    return Address.objects.filter(customer_id=customer_id)


def _to_view(address_id: int, *texts: Any) -> AddressView:
    return AddressView(address_id, AddressFields(**dict(zip(_FIELDS, texts, strict=True))))
