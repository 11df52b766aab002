"""Payment by bank transfer: the customer sees an account and a reference, and the money comes by itself.

Nobody calls back. Staff say that money came, or a statement of the account does (`payments.statements`).
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from payments.errors import GatewayUnavailable, InvalidSignature, MalformedEvent
from payments.gateways.bank_transfer.references import reference_for
from payments.gateways.base import (
    EventContent,
    GatewayCharge,
    GatewayRefund,
    HostedPayment,
    PaymentRequest,
    RefundRequest,
)

NAME: Final = "bank_transfer"
_signer = Signer(salt="payments.bank_transfer")


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where customers send their money, as they are told it."""

    holder: str
    number: str
    bic: str
    bank: str


class BankTransferGateway:
    """A gateway without a provider: nothing is called, so nothing can fail."""

    name = NAME
    label = _("Bank transfer")
    keeps_list = False
    sends_refunds = False

    def __init__(self, account: BankAccount, *, window: dt.timedelta) -> None:
        self.account = account
        self.window = window

    @property
    def is_configured(self) -> bool:
        """See Gateway. There is no secret, but without an account there is nowhere to pay."""
        return bool(self.account.holder and self.account.number)

    def create_payment(self, request: PaymentRequest) -> HostedPayment:
        """See Gateway."""
        reference = reference_for(request.order_number)
        return HostedPayment(reference, reverse("bank_transfer:pay", args=[_signer.sign(reference)]))

    def retrieve_payment(self, *, reference: str) -> GatewayCharge | None:
        """See Gateway. There is nobody to ask."""
        return None

    def cancel_payment(self, *, reference: str) -> bool:
        """See Gateway. Money that is sent all the same is late."""
        return True

    def refund_payment(self, request: RefundRequest) -> str:
        """See Gateway. Staff send it, from the account's own bank."""
        raise GatewayUnavailable("refunds of bank transfers are sent by hand")

    def list_refunds(self, *, reference: str, charge_reference: str) -> list[GatewayRefund]:
        """See Gateway. There is nobody to ask."""
        return []

    def list_payments(self, *, since: dt.datetime) -> Iterator[GatewayCharge]:
        """See Gateway. The statements of the account are the list."""
        return iter(())

    def verify_event(self, *, headers: Mapping[str, str], body: bytes) -> str:
        """See Gateway. Nobody is entitled to call."""
        raise InvalidSignature("bank transfers are not reported by callback")

    def read_event(self, body: str) -> EventContent:
        """See Gateway."""
        raise MalformedEvent("bank transfers are read from statements")


def read_token(token: str) -> str | None:
    """Return the reference in the address of a page that we made; None for any other address."""
    try:
        return _signer.unsign(token)
    except BadSignature:
        return None
