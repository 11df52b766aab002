"""Addresses as values."""

from dataclasses import asdict, dataclass
from typing import Final

# As many as anybody needs, and few enough for one page.
MAX_ADDRESSES: Final = 50


@dataclass(frozen=True, slots=True)
class AddressFields:
    """What an address says; the country is a code of ISO 3166, a region the way rules name it."""

    name: str
    line1: str
    city: str
    postal_code: str
    country: str
    line2: str = ""
    region: str = ""

    def as_shipping_address(self) -> dict[str, str]:
        """Return it the way orders keep theirs: without a region where there is none."""
        return {name: text for name, text in asdict(self).items() if text or name != "region"}


@dataclass(frozen=True, slots=True)
class AddressView:
    """One address of a customer."""

    id: int
    fields: AddressFields
