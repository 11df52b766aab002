"""The shop's side of the sandbox: what an adapter to a real provider looks like."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from standardwebhooks.webhooks import WebhookVerificationError

from payments.errors import InvalidSignature, MalformedEvent, StaleSignature
from payments.freshness import is_stale
from payments.gateways.base import (
    EventContent,
    EventKind,
    GatewayCharge,
    GatewayRefund,
    HostedPayment,
    PaymentRequest,
    RefundRequest,
)
from payments.gateways.sandbox import provider

_KINDS = {
    "charge.succeeded": EventKind.SUCCEEDED,
    "charge.declined": EventKind.FAILED,
    "charge.cancelled": EventKind.CANCELLED,
}


class SandboxGateway:
    """A provider in the same house, for trials: a hosted page, signed callbacks, refunds, and no money."""

    name = "sandbox"
    keeps_list = True
    sends_refunds = True
    window = dt.timedelta()
    label = _("Sandbox bank (no real money)")

    def __init__(self, *, secret: str) -> None:
        self._secret = secret

    @property
    def is_configured(self) -> bool:
        """Whether the secret that signs callbacks is set."""
        return bool(self._secret)

    def create_payment(self, request: PaymentRequest) -> HostedPayment:
        """See Gateway."""
        reference = provider.open_charge(request)
        return HostedPayment(reference, reverse("sandbox:pay", args=[reference]))

    def retrieve_payment(self, *, reference: str) -> GatewayCharge | None:
        """See Gateway."""
        return provider.find_charge(reference)

    def cancel_payment(self, *, reference: str) -> bool:
        """See Gateway."""
        return provider.cancel_charge(reference)

    def refund_payment(self, request: RefundRequest) -> str:
        """See Gateway."""
        return provider.refund_charge(
            request.reference, amount=request.amount, idempotency_key=request.idempotency_key
        )

    def list_refunds(self, *, reference: str, charge_reference: str) -> list[GatewayRefund]:
        """See Gateway."""
        return provider.list_refunds(reference)

    def list_payments(self, *, since: dt.datetime) -> Iterator[GatewayCharge]:
        """See Gateway."""
        return provider.list_charges(since)

    def verify_event(self, *, headers: Mapping[str, str], body: bytes) -> str:
        """See Gateway.

        Standard Webhooks: HMAC-SHA256 over id, timestamp and body; older than five minutes is refused.
        """
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            text = body.decode(errors="surrogateescape")
            provider.signer(self._secret).verify(text, lowered, json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            if is_stale(lowered.get("webhook-timestamp", "")):
                raise StaleSignature(str(error)) from error
            raise InvalidSignature(str(error)) from error
        return lowered["webhook-id"]

    def read_event(self, body: str) -> EventContent:
        """See Gateway."""
        try:
            content = json.loads(body)
            reference, amount, currency = content["reference"], content["amount"], content["currency"]
            kind, key = _KINDS.get(content["type"], EventKind.OTHER), content.get("key", "")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise MalformedEvent(repr(error)) from error
        texts = (reference, currency, key)
        if not (all(isinstance(text, str) for text in texts) and type(amount) is int):
            raise MalformedEvent("reference, amount, currency or key has the wrong type")
        return EventContent(kind, reference, amount, currency, payment_key=key)
