"""Whether a callback is Stripe's, and of now."""

import hashlib
import json
from collections.abc import Mapping, Sequence

import stripe

from payments.errors import InvalidSignature, StaleSignature
from payments.freshness import TOLERANCE_SECONDS, is_stale


def verify(headers: Mapping[str, str], body: bytes, *, secrets: Sequence[str]) -> str:
    """Return the id of an event that is signed with one of these secrets, or the digest of what has none.

    Raises StaleSignature and InvalidSignature.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    header = lowered.get("stripe-signature", "")
    # Stripe's own library takes any moment in the future.
    if is_stale(_find_timestamp(header)):
        raise StaleSignature("signed too long ago")
    if not any(_is_signed(body, header, secret) for secret in secrets):
        raise InvalidSignature("not signed by Stripe")
    try:
        event_id = json.loads(body)["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        event_id = None
    return event_id if isinstance(event_id, str) and event_id else _digest(body)


def _is_signed(body: bytes, header: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body.decode(), header, secret, tolerance=TOLERANCE_SECONDS)
    except (stripe.SignatureVerificationError, ValueError):
        return False
    return True


def _find_timestamp(header: str) -> str:
    """Return what a signature's header says about when it was made."""
    parts = (part.partition("=") for part in header.split(","))
    return next((value for name, _equals, value in parts if name.strip() == "t"), "")


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
