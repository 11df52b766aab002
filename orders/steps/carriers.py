"""Carriers: who brings an order to its customer."""

from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from django.conf import settings

from orders.errors import PeerUnavailable
from orders.steps.peer import NOTHING_THERE, Peer
from orders.types import OrderView

_LONGEST_NUMBER: Final = 100
_LONGEST_URL: Final = 500


@dataclass(frozen=True, slots=True)
class Booking:
    """A shipment that a carrier has on record. `tracking_url` may be empty."""

    carrier: str
    tracking_number: str
    tracking_url: str = ""

    def to_result(self) -> dict[str, str]:
        """Return what is remembered of it."""
        return asdict(self)


class Carrier(Protocol):
    """What the shop needs of a carrier. Both calls may be repeated with the same key."""

    def book(self, order: OrderView, *, key: str) -> Booking:
        """Book the shipment of an order, once for each key.

        Raises StepRefused if this order cannot be shipped, PeerUnavailable to be asked again.
        """

    def cancel(self, order: OrderView, *, key: str) -> None:
        """Cancel what was booked under the key, if anything was, and book nothing under it any more.

        Raises StepRefused if it is too late, PeerUnavailable to be asked again.
        """


class FlatRateCarrier:
    """The shop's own: nobody has to be told, and every order gets a tracking number."""

    def book(self, order: OrderView, *, key: str) -> Booking:
        """See Carrier."""
        return Booking(settings.CARRIER_NAME, f"{order.number}-1")

    def cancel(self, order: OrderView, *, key: str) -> None:
        """See Carrier."""


@dataclass(frozen=True, slots=True)
class HttpCarrier:
    """A carrier that is told by HTTP (docs/after-payment.md)."""

    peer: Peer

    def book(self, order: OrderView, *, key: str) -> Booking:
        """See Carrier."""
        answer = self.peer.tell("/shipments", key=key, body={"key": key, **describe(order)})
        number = answer.get("tracking_number")
        if not isinstance(number, str) or not 0 < len(number) <= _LONGEST_NUMBER:
            raise PeerUnavailable("the answer has no usable tracking number")
        return Booking(settings.CARRIER_NAME, number, _clean_url(answer.get("tracking_url")))

    def cancel(self, order: OrderView, *, key: str) -> None:
        """See Carrier."""
        body = {"key": key, "order": order.number}
        self.peer.tell("/shipments/cancel", key=f"{key}:cancel", body=body, accept=NOTHING_THERE)


def find_carrier() -> Carrier:
    """Return the carrier of the settings: by HTTP if it has an address and a secret, else the flat rate."""
    if settings.CARRIER_URL and settings.CARRIER_SECRET:
        return HttpCarrier(Peer(settings.CARRIER_URL, settings.CARRIER_SECRET, settings.STEP_TIMEOUT_SECONDS))
    return FlatRateCarrier()


def describe(order: OrderView) -> dict[str, Any]:
    """Return what others have to know of an order to pack and ship it."""
    return {
        "order": order.number,
        "address": dict(order.shipping_address) if order.shipping_address else None,
        "lines": [{"sku": line.sku, "name": line.name, "quantity": line.quantity} for line in order.lines],
    }


def _clean_url(url: object) -> str:
    """Return an address that a customer's browser may be sent to, or nothing."""
    if not isinstance(url, str) or len(url) > _LONGEST_URL:
        return ""
    try:
        address = urlsplit(url)
    except ValueError:
        return ""
    return url if address.scheme in ("http", "https") and address.netloc else ""
