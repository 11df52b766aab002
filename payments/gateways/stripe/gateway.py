"""Stripe, by Checkout Sessions: customers pay on Stripe's own page, so no card number comes near the shop."""

import datetime as dt
import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import stripe
from django.utils.translation import gettext_lazy as _

from payments.errors import (
    GatewayUnavailable,
    MalformedEvent,
    UnsupportedAmount,
)
from payments.gateways.base import (
    ChargeStatus,
    EventContent,
    GatewayCharge,
    GatewayRefund,
    HostedPayment,
    PaymentRequest,
    RefundRequest,
)
from payments.gateways.stripe import reading
from payments.gateways.stripe.api import connect, is_missing, translate_errors
from payments.gateways.stripe.currencies import from_stripe, to_stripe
from payments.gateways.stripe.signatures import verify

logger = logging.getLogger(__name__)

# Stripe's own bounds: a session lives for at least half an hour and at most a day.
_SHORTEST: Final = dt.timedelta(minutes=31)
_LONGEST: Final = dt.timedelta(hours=24)
_CLOCK_SKEW: Final = dt.timedelta(minutes=5)
_EXPANDED: Final = "payment_intent.latest_charge"
_DEAD_REFUNDS: Final = ("failed", "canceled")


@dataclass(frozen=True, slots=True)
class StripeAccount:
    """Whose money it is. Several webhook secrets may be valid while one replaces the other."""

    secret_key: str
    webhook_secrets: Sequence[str]
    api_base: str
    timeout_seconds: float


class StripeGateway:
    """Payments are Checkout Sessions; what they brought in are PaymentIntents."""

    name = "stripe"
    label = _("Card and more")
    keeps_list = True
    sends_refunds = True
    window = dt.timedelta()

    def __init__(self, account: StripeAccount) -> None:
        self._account = account

    @property
    def is_configured(self) -> bool:
        """See Gateway. Without the webhook's secret money would come in and nobody would know."""
        return bool(self._account.secret_key and self._account.webhook_secrets)

    @property
    def _client(self) -> stripe.StripeClient:
        account = self._account
        return connect(
            secret_key=account.secret_key, api_base=account.api_base, timeout=account.timeout_seconds
        )

    def create_payment(self, request: PaymentRequest) -> HostedPayment:
        """See Gateway."""
        params = _describe_session(request)
        # Stripe refuses a key that comes with other parameters than before, and a customer may come back by
        # another address. Of two sessions only the one that is noted is ever shown to anybody.
        digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()[:16]
        with translate_errors():
            try:
                session = self._client.v1.checkout.sessions.create(
                    params, {"idempotency_key": f"{request.idempotency_key}:{digest}"}
                )
            except stripe.APIError:
                # Stripe repeats a 500 to the same key, also where the session was opened: look for it.
                if (hosted := self._find_open(request)) is not None:
                    return hosted
                raise
        if not session.url:
            raise GatewayUnavailable("Stripe gave the session no address")
        return HostedPayment(session.id, session.url)

    def retrieve_payment(self, *, reference: str) -> GatewayCharge | None:
        """See Gateway."""
        with translate_errors():
            try:
                session = self._client.v1.checkout.sessions.retrieve(reference, {"expand": [_EXPANDED]})
            except stripe.InvalidRequestError as error:
                if is_missing(error):
                    return None
                raise
        return reading.read_session(session)

    def cancel_payment(self, *, reference: str) -> bool:
        """See Gateway. Money that is on its way cannot be stopped either."""
        with translate_errors():
            try:
                self._client.v1.checkout.sessions.expire(reference)
            except stripe.InvalidRequestError:
                # It is not open any more: done, or paid.
                found = self.retrieve_payment(reference=reference)
            else:
                return True
        if found is not None and found.status == ChargeStatus.OPEN:
            raise GatewayUnavailable("Stripe does not close the session")
        return found is None or found.status == ChargeStatus.ENDED

    def refund_payment(self, request: RefundRequest) -> str:
        """See Gateway. Stripe forgets idempotency keys after a day, but not its list of refunds."""
        intent = request.charge_reference or self._find_charge(request.reference)
        key = request.idempotency_key
        with translate_errors():
            listed = self._list_refunds(intent)
            made = [refund for refund in listed if reading.read_mark(refund, reading.REFUND_MARK) == key]
            for refund in made:
                if refund.status not in _DEAD_REFUNDS:
                    return refund.id
            refund = self._client.v1.refunds.create(
                {
                    "payment_intent": intent,
                    "amount": to_stripe(request.amount, request.currency),
                    "metadata": {reading.REFUND_MARK: key, reading.PAYMENT_MARK: request.payment_key},
                },
                # One that failed may be tried again, which takes another key.
                {"idempotency_key": f"{key}:{len(made)}" if made else key},
            )
        if refund.status in _DEAD_REFUNDS:
            raise GatewayUnavailable(f"Stripe could not send the refund: {refund.id}")
        return refund.id

    def list_refunds(self, *, reference: str, charge_reference: str) -> list[GatewayRefund]:
        """See Gateway."""
        intent = charge_reference or self._find_charge(reference)
        with translate_errors():
            listed = self._list_refunds(intent)
        return [
            GatewayRefund(
                refund.id,
                reading.read_mark(refund, reading.REFUND_MARK),
                from_stripe(refund.amount, refund.currency.upper()),
            )
            for refund in listed
            if refund.status not in _DEAD_REFUNDS
        ]

    def list_payments(self, *, since: dt.datetime) -> Iterator[GatewayCharge]:
        """See Gateway."""
        with translate_errors():
            sessions = self._client.v1.checkout.sessions.list(
                {
                    "created": {"gte": int(since.timestamp())},
                    "expand": [f"data.{_EXPANDED}"],
                    "limit": 100,
                }
            )
            for session in sessions.auto_paging_iter():
                try:
                    charge = reading.read_session(session)
                except UnsupportedAmount as error:
                    # The event that told of it waits for staff; it must not hide the others.
                    logger.warning("Stripe session %s is left out: %s", session.id, error)
                    continue
                if charge is not None:
                    yield charge

    def verify_event(self, *, headers: Mapping[str, str], body: bytes) -> str:
        """See Gateway. The id is in the body; one that cannot be read goes by its digest."""
        return verify(headers, body, secrets=self._account.webhook_secrets)

    def read_event(self, body: str) -> EventContent:
        """See Gateway."""
        try:
            event = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise MalformedEvent(repr(error)) from error
        return reading.read_event(event)

    def _list_refunds(self, intent: str) -> list[stripe.Refund]:
        """Return all refunds of a charge, however many pages they are."""
        first = self._client.v1.refunds.list({"payment_intent": intent, "limit": 100})
        return list(first.auto_paging_iter())

    def _find_open(self, request: PaymentRequest) -> HostedPayment | None:
        for charge in self.list_payments(since=request.created_at - _CLOCK_SKEW):
            if charge.payment_key == request.idempotency_key and charge.redirect_url:
                return HostedPayment(charge.reference, charge.redirect_url)
        return None

    def _find_charge(self, reference: str) -> str:
        found = self.retrieve_payment(reference=reference)
        if found is None or not found.charge_reference:
            raise GatewayUnavailable("Stripe has no charge for this payment")
        return found.charge_reference


def _describe_session(request: PaymentRequest) -> Any:
    """Return the parameters of a session."""
    marks = {reading.PAYMENT_MARK: request.idempotency_key}
    price = {
        "currency": request.currency.lower(),
        "unit_amount": to_stripe(request.amount, request.currency),
        "product_data": {"name": request.description},
    }
    session: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": request.order_number,
        "line_items": [{"quantity": 1, "price_data": price}],
        "metadata": marks,
        "payment_intent_data": {"metadata": marks, "description": request.description},
        "success_url": request.return_url,
        "cancel_url": request.return_url,
    }
    # An order that expires first has its session closed by the outbox.
    ends_at = request.expires_at + _SHORTEST
    if ends_at < request.created_at + _LONGEST:
        session["expires_at"] = int(ends_at.timestamp())
    return session
