"""The provider's side of the sandbox: charges, the customer's decision, callbacks, refunds.

It stands for somebody else's system: it shares nothing with the shop but the protocol, keeps its own
records, and reports by HTTP even though it lives next door. A callback is owed until the shop has answered
2xx.
"""

import base64
import datetime as dt
import hashlib
import hmac
import http.client
import json
import logging
import math
import secrets
import time
import urllib.request
from collections.abc import Iterator

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from standardwebhooks import Webhook

from payments.gateways.base import ChargeStatus, GatewayCharge, GatewayRefund, PaymentRequest
from payments.models import SandboxCallback, SandboxCharge

logger = logging.getLogger(__name__)

_STATUSES = {"open": ChargeStatus.OPEN, "succeeded": ChargeStatus.SUCCEEDED}
_TIMEOUT_SECONDS = 5
_MAX_ATTEMPTS = 100
_MAX_SECONDS = 10.0


class Signer(Webhook):
    """Standard Webhooks over bytes: the library takes text only, and a signed body need not be text."""

    def sign(self, msg_id: str, timestamp: dt.datetime, data: str) -> str:
        """Sign a body that was decoded with `surrogateescape`, so that its bytes can be had back."""
        signed = f"{msg_id}.{math.floor(timestamp.timestamp())}.".encode() + data.encode(
            errors="surrogateescape"
        )
        return f"v1,{base64.b64encode(hmac.digest(self._whsecret, signed, 'sha256')).decode()}"


def signer(secret: str) -> Signer:
    """Return what signs and verifies callbacks under this secret."""
    return Signer(base64.b64encode(hashlib.sha256(secret.encode()).digest()).decode())


def open_charge(request: PaymentRequest) -> str:
    """Open a charge, or return the one this idempotency key opened before."""
    charge, _created = SandboxCharge.objects.get_or_create(
        idempotency_key=request.idempotency_key,
        defaults={
            "reference": f"sbx_{secrets.token_urlsafe(24)}",
            "amount": request.amount,
            "currency": request.currency,
            "description": request.description,
            "return_url": request.return_url,
            "callback_url": request.callback_url,
        },
    )
    return charge.reference


def settle_charge(reference: str, *, approve: bool) -> SandboxCallback | None:
    """Record the customer's decision on an open charge; return its callback, or None if it came too late."""
    status, event = ("succeeded", "charge.succeeded") if approve else ("declined", "charge.declined")
    with transaction.atomic():
        if not SandboxCharge.objects.filter(reference=reference, status="open").update(status=status):
            return None
        charge = SandboxCharge.objects.get(reference=reference)
        body = {
            "type": event,
            "reference": reference,
            "key": charge.idempotency_key,
            "amount": charge.amount,
            "currency": charge.currency,
        }
        return SandboxCallback.objects.create(
            event_id=f"evt_{secrets.token_urlsafe(18)}", charge=charge, body=json.dumps(body)
        )


def find_charge(reference: str) -> GatewayCharge | None:
    """Return a charge as it is now."""
    charge = SandboxCharge.objects.filter(reference=reference).first()
    return _to_record(charge) if charge else None


def list_refunds(reference: str) -> list[GatewayRefund]:
    """Return what was sent back of a charge."""
    refunds = SandboxCharge.objects.get(reference=reference).refunds
    return [GatewayRefund(_name_refund(key), key, amount) for key, amount in refunds.items()]


def _name_refund(idempotency_key: str) -> str:
    return f"sbr_{hashlib.sha256(idempotency_key.encode()).hexdigest()[:24]}"


def list_charges(since: dt.datetime) -> Iterator[GatewayCharge]:
    """Yield the charges opened since then."""
    yield from map(_to_record, SandboxCharge.objects.filter(created_at__gte=since).iterator())


def _to_record(charge: SandboxCharge) -> GatewayCharge:
    return GatewayCharge(
        reference=charge.reference,
        payment_key=charge.idempotency_key,
        status=_STATUSES.get(charge.status, ChargeStatus.ENDED),
        amount=charge.amount,
        currency=charge.currency,
        refunded_amount=sum(charge.refunds.values()),
        created_at=charge.created_at,
        redirect_url=reverse("sandbox:pay", args=[charge.reference]),
    )


def cancel_charge(reference: str) -> bool:
    """Close an open charge; say whether it is closed now."""
    SandboxCharge.objects.filter(reference=reference, status="open").update(status="cancelled")
    return not SandboxCharge.objects.filter(reference=reference, status="succeeded").exists()


def refund_charge(reference: str, *, amount: int, idempotency_key: str) -> str:
    """Refund part or all of a charge; the same key refunds once."""
    with transaction.atomic():
        charge = SandboxCharge.objects.select_for_update().get(reference=reference)
        if idempotency_key not in charge.refunds:
            charge.refunds[idempotency_key] = amount
            if charge.status != "succeeded" or sum(charge.refunds.values()) > charge.amount:
                raise ValueError("more than was charged")
            charge.save(update_fields=["refunds"])
    return _name_refund(idempotency_key)


def deliver_callback(callback: SandboxCallback, *, secret: str, now: dt.datetime) -> bool:
    """POST a callback to the shop; say whether it was taken. It stays owed otherwise."""
    SandboxCallback.objects.filter(pk=callback.pk).update(attempts=F("attempts") + 1)
    request = urllib.request.Request(  # noqa: S310 - the URL is the shop's own, given when the charge was opened
        callback.charge.callback_url,
        data=callback.body.encode(),
        headers={
            "content-type": "application/json",
            "webhook-id": callback.event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signer(secret).sign(callback.event_id, now, callback.body),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310 - see above
            pass
    except (OSError, http.client.HTTPException) as error:
        logger.warning("sandbox callback %s not taken: %s", callback.event_id, error)
        return False
    SandboxCallback.objects.filter(pk=callback.pk).update(is_delivered=True)
    return True


def redeliver_callbacks(
    *, secret: str, now: dt.datetime, limit: int = 50, seconds: float = _MAX_SECONDS
) -> int:
    """Try owed callbacks again, the least tried first; return how many were taken.

    Begins none once `seconds` have passed: a shop that lets everybody wait would hold up the worker.
    """
    give_up_at = time.monotonic() + seconds
    owed = SandboxCallback.objects.filter(is_delivered=False, attempts__lt=_MAX_ATTEMPTS)
    taken = 0
    for callback in owed.select_related("charge").order_by("attempts")[:limit]:
        taken += deliver_callback(callback, secret=secret, now=now)
        if time.monotonic() >= give_up_at:
            break
    return taken
