"""The shop's side of the sandbox: what an adapter to a real provider looks like."""

import json
from collections.abc import Mapping

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from standardwebhooks.webhooks import WebhookVerificationError

from payments.errors import InvalidSignature, MalformedEvent
from payments.gateways.base import EventContent, EventKind, HostedPayment, PaymentRequest
from payments.gateways.sandbox import provider

_KINDS = {
    "charge.succeeded": EventKind.SUCCEEDED,
    "charge.declined": EventKind.FAILED,
    "charge.cancelled": EventKind.CANCELLED,
}


class SandboxGateway:
    """A provider in the same house, for trials: a hosted page, signed callbacks, refunds, and no money."""

    name = "sandbox"
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

    def cancel_payment(self, *, reference: str) -> bool:
        """See Gateway."""
        return provider.cancel_charge(reference)

    def refund_payment(self, *, reference: str, amount: int, idempotency_key: str) -> str:
        """See Gateway."""
        return provider.refund_charge(reference, amount=amount, idempotency_key=idempotency_key)

    def verify_event(self, *, headers: Mapping[str, str], body: bytes) -> str:
        """See Gateway.

        Standard Webhooks: HMAC-SHA256 over id, timestamp and body; older than five minutes is refused.
        """
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            text = body.decode(errors="surrogateescape")
            provider.signer(self._secret).verify(text, lowered, json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            raise InvalidSignature(str(error)) from error
        return lowered["webhook-id"]

    def read_event(self, body: str) -> EventContent:
        """See Gateway."""
        try:
            content = json.loads(body)
            reference, amount, currency = content["reference"], content["amount"], content["currency"]
            kind = _KINDS.get(content["type"], EventKind.OTHER)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise MalformedEvent(repr(error)) from error
        if not (isinstance(reference, str) and isinstance(currency, str) and type(amount) is int):
            raise MalformedEvent("reference, amount or currency has the wrong type")
        return EventContent(kind, reference, amount, currency)
