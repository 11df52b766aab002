"""An address, as customers type it."""

from copy import deepcopy
from typing import Any

from shop.address_book.types import AddressFields
from shop.forms import CheckoutForm, RegionMixin


class AddressForm(RegionMixin):
    """The fields an address has at the checkout."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in CheckoutForm.ADDRESS_FIELDS:
            self.fields[name] = deepcopy(CheckoutForm.base_fields[name])

    @property
    def address(self) -> AddressFields:
        """The address of a valid form."""
        return AddressFields(**{name: self.cleaned_data[name] for name in CheckoutForm.ADDRESS_FIELDS})
