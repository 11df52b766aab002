"""What every payment gateway is to the shop."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from django.utils.functional import Promise


class EventKind(StrEnum):
    """What a gateway event says happened."""

    SUCCEEDED = "payment.succeeded"
    FAILED = "payment.failed"
    CANCELLED = "payment.cancelled"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What a gateway needs to take money. Amounts are minor units; URLs are absolute."""

    idempotency_key: str
    amount: int
    currency: str
    description: str
    return_url: str
    callback_url: str
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class HostedPayment:
    """The gateway's answer: its own reference, and where to send the customer."""

    reference: str
    redirect_url: str


@dataclass(frozen=True, slots=True)
class EventContent:
    """What an event says. `reference` names the payment as the gateway knows it; amounts are minor units."""

    kind: EventKind
    reference: str
    amount: int | None
    currency: str


class Gateway(Protocol):
    """One payment provider. Calls go over the network and are never made inside a transaction."""

    name: str

    @property
    def label(self) -> str | Promise:
        """What people call it."""

    def create_payment(self, request: PaymentRequest) -> HostedPayment:
        """Open a payment; the same idempotency key gives the same one. Raises GatewayUnavailable."""

    def cancel_payment(self, *, reference: str) -> bool:
        """Close an unpaid payment; say whether it is closed now. False: it was paid first.

        Raises GatewayUnavailable.
        """

    def refund_payment(self, *, reference: str, amount: int, idempotency_key: str) -> str:
        """Send money back and return the gateway's reference of the refund. Raises GatewayUnavailable."""

    def verify_event(self, *, headers: Mapping[str, str], body: bytes) -> str:
        """Return the id of a callback the gateway signed, of any length. Raises InvalidSignature.

        Looks at nothing else: a signed event is kept before anybody asks what it says.
        """

    def read_event(self, body: str) -> EventContent:
        """Return what a verified callback says, as it says it. Raises MalformedEvent."""
