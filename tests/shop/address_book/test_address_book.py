"""What customers keep in their address books."""

import datetime as dt
from dataclasses import replace

import pytest
from django.utils import timezone

from shop.address_book.errors import AddressNotFound, TooManyAddresses
from shop.address_book.selectors import get_address, list_addresses
from shop.address_book.services import change_address, choose_address, drop_address, keep_address
from shop.address_book.types import MAX_ADDRESSES, AddressFields
from tests.shop.shopping import make_customer

pytestmark = pytest.mark.django_db
HOME = AddressFields(
    name="Ada Byron",
    line1="12 St James's Square",
    city="London",
    postal_code="SW1Y 4JH",
    country="GB",
)
WORK = replace(HOME, line1="1 Engine Row", line2="2nd floor")
NOW = timezone.now()
LATER = NOW + dt.timedelta(minutes=1)


def test_the_address_chosen_last_comes_first() -> None:
    customer = make_customer().pk
    home = keep_address(customer_id=customer, fields=HOME, now=NOW)
    keep_address(customer_id=customer, fields=WORK, now=LATER)
    assert [address.fields for address in list_addresses(customer)] == [WORK, HOME]
    choose_address(customer_id=customer, address_id=home, now=LATER + dt.timedelta(minutes=1))
    assert [address.fields for address in list_addresses(customer)] == [HOME, WORK]


def test_the_same_address_is_kept_once() -> None:
    customer = make_customer().pk
    first = keep_address(customer_id=customer, fields=HOME, now=NOW)
    keep_address(customer_id=customer, fields=WORK, now=NOW)
    assert keep_address(customer_id=customer, fields=HOME, now=LATER) == first
    assert [address.fields for address in list_addresses(customer)] == [HOME, WORK]


def test_an_address_can_be_changed_and_dropped() -> None:
    customer = make_customer().pk
    address = keep_address(customer_id=customer, fields=HOME, now=NOW)
    change_address(customer_id=customer, address_id=address, fields=WORK)
    assert get_address(customer_id=customer, address_id=address).fields == WORK
    drop_address(customer_id=customer, address_id=address)
    drop_address(customer_id=customer, address_id=address)
    assert list_addresses(customer) == []


def test_nobody_reads_or_changes_the_address_of_another() -> None:
    owner, other = make_customer().pk, make_customer("eve@example.com").pk
    address = keep_address(customer_id=owner, fields=HOME, now=NOW)
    with pytest.raises(AddressNotFound):
        get_address(customer_id=other, address_id=address)
    with pytest.raises(AddressNotFound):
        change_address(customer_id=other, address_id=address, fields=WORK)
    with pytest.raises(AddressNotFound):
        choose_address(customer_id=other, address_id=address, now=LATER)
    drop_address(customer_id=other, address_id=address)
    assert [kept.fields for kept in list_addresses(owner)] == [HOME]
    assert list_addresses(other) == []


def test_a_book_has_room_for_so_many_addresses() -> None:
    customer = make_customer().pk
    for number in range(MAX_ADDRESSES):
        keep_address(customer_id=customer, fields=replace(HOME, line2=str(number)), now=NOW)
    with pytest.raises(TooManyAddresses):
        keep_address(customer_id=customer, fields=HOME, now=NOW)
    keep_address(customer_id=customer, fields=replace(HOME, line2="7"), now=LATER)


def test_an_address_goes_to_an_order_without_an_empty_region() -> None:
    assert "region" not in HOME.as_shipping_address()
    assert replace(HOME, country="US", region="NY").as_shipping_address()["region"] == "NY"
