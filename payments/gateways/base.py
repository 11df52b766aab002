"""What every payment gateway is to the shop."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from django.utils.functional import Promise


class EventKind(StrEnum):
    """What a gateway event says happened."""

    SUCCEEDED = "payment.succeeded"
    PROCESSING = "payment.processing"
    FAILED = "payment.failed"
    CANCELLED = "payment.cancelled"
    REFUND_FAILED = "refund.failed"
    OTHER = "other"


class ChargeStatus(StrEnum):
    """Where a payment is, as its gateway sees it."""

    OPEN = "open"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What a gateway needs to take money. Amounts are minor units; URLs are absolute.

    All of it comes from our own rows, so a retry asks for exactly the same, but for `return_url`.
    """

    idempotency_key: str
    order_number: str
    amount: int
    currency: str
    description: str
    return_url: str
    callback_url: str
    created_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class HostedPayment:
    """The gateway's answer: its own reference, and where to send the customer."""

    reference: str
    redirect_url: str


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money to send back, in minor units. `charge_reference` is empty for gateways that have none."""

    idempotency_key: str
    payment_key: str
    reference: str
    charge_reference: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class EventContent:
    """What an event says. `reference` names the payment as the gateway knows it; amounts are minor units.

    `payment_key` is the idempotency key of the payment, for gateways that repeat it: it finds a payment whose
    reference we never learned. `charge_reference` names the money itself, where that has a name of its own;
    in an event about a refund, the refund.
    """

    kind: EventKind
    reference: str
    amount: int | None
    currency: str
    payment_key: str = ""
    charge_reference: str = ""


@dataclass(frozen=True, slots=True)
class GatewayCharge:
    """A payment as the gateway has it on record. Amounts are minor units."""

    reference: str
    payment_key: str
    status: ChargeStatus
    amount: int
    currency: str
    refunded_amount: int
    created_at: dt.datetime
    redirect_url: str = ""
    charge_reference: str = ""


@dataclass(frozen=True, slots=True)
class GatewayRefund:
    """Money that the gateway has sent back. `key` is ours, and empty for a refund made at its own pages."""

    reference: str
    key: str
    amount: int


class Gateway(Protocol):
    """One payment provider. Calls go over the network and are never made inside a transaction.

    All that call out raise GatewayUnavailable; the same call may then be made again.
    """

    name: str
    # Whether the gateway has a list of payments that ours can be compared with.
    keeps_list: bool
    # How long an order may wait once this way to pay is chosen; zero leaves its deadline alone.
    window: dt.timedelta
    # Whether it sends refunds. Where it does not, staff send the money and say so.
    sends_refunds: bool

    @property
    def label(self) -> str | Promise:
        """What people call it."""

    @property
    def is_configured(self) -> bool:
        """Whether it has its secrets. One that has not is off: nothing is opened, no event is taken."""

    def create_payment(self, request: PaymentRequest) -> HostedPayment:
        """Open a payment; the same idempotency key gives the same one."""

    def retrieve_payment(self, *, reference: str) -> GatewayCharge | None:
        """Return a payment as the gateway has it now; None if it knows none of this reference."""

    def cancel_payment(self, *, reference: str) -> bool:
        """Close an unpaid payment; say whether it is closed now. False: it was paid first."""

    def refund_payment(self, request: RefundRequest) -> str:
        """Send money back, once for each idempotency key; return the gateway's reference of the refund."""

    def list_refunds(self, *, reference: str, charge_reference: str) -> list[GatewayRefund]:
        """Return what went back of one payment, by whomever it was sent."""

    def list_payments(self, *, since: dt.datetime) -> Iterator[GatewayCharge]:
        """Yield the payments that were opened since then, in any order."""

    def verify_event(self, *, headers: Mapping[str, str], body: bytes) -> str:
        """Return the id of a callback the gateway signed, of any length. Raises InvalidSignature.

        Looks at nothing else: a signed event is kept before anybody asks what it says.
        """

    def read_event(self, body: str) -> EventContent:
        """Return what a verified callback says, as it says it. Raises MalformedEvent."""
