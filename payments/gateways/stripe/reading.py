"""What Stripe says, in our words: Checkout Sessions, PaymentIntents, refunds, and events about them."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import stripe

from payments.errors import MalformedEvent, UnsupportedAmount
from payments.gateways.base import ChargeStatus, EventContent, EventKind, GatewayCharge
from payments.gateways.stripe.currencies import from_stripe

# What we write on everything we open: Stripe repeats it in events and lists.
PAYMENT_MARK: Final = "holdfast_payment"
REFUND_MARK: Final = "holdfast_refund"

_SESSIONS: Final = {
    "checkout.session.async_payment_succeeded": EventKind.SUCCEEDED,
    "checkout.session.async_payment_failed": EventKind.FAILED,
    "checkout.session.expired": EventKind.CANCELLED,
}
# A PaymentIntent that failed is not the end: the customer may try another card on the same page. That its
# session ended, that tells.
_INTENTS: Final = {
    "payment_intent.succeeded": EventKind.SUCCEEDED,
    "payment_intent.processing": EventKind.PROCESSING,
}
_NOTHING: Final = EventContent(EventKind.OTHER, "", None, "")


def read_event(event: Any) -> EventContent:
    """Return what an event says. Raises MalformedEvent.

    What does not bear our mark was not opened by this shop: an account may have other uses. It is ignored.
    """
    try:
        kind, record = event["type"], event["data"]["object"]
        content = _read(kind, record)
        for text in (content.reference, content.currency, content.payment_key, content.charge_reference):
            if not isinstance(text, str):
                raise MalformedEvent("a reference, a key or the currency is no text")
    except (KeyError, TypeError, AttributeError, UnsupportedAmount) as error:
        raise MalformedEvent(repr(error)) from error
    return content if content.payment_key else _NOTHING


def _read(kind: str, record: Mapping[str, Any]) -> EventContent:
    if kind == "checkout.session.completed":
        is_paid = record["payment_status"] == "paid"
        return _read_session(EventKind.SUCCEEDED if is_paid else EventKind.PROCESSING, record)
    if kind in _SESSIONS:
        return _read_session(_SESSIONS[kind], record)
    if kind in _INTENTS:
        amount = record["amount"]
        if kind == "payment_intent.succeeded":
            amount = record.get("amount_received", amount)
        return _make(_INTENTS[kind], "", amount, record, charge=record["id"])
    if kind == "refund.failed":
        return _make(EventKind.REFUND_FAILED, "", record["amount"], record, charge=record["id"])
    return _NOTHING


def _read_session(kind: EventKind, session: Mapping[str, Any]) -> EventContent:
    charge = _name(session.get("payment_intent"))
    return _make(kind, session["id"], session["amount_total"], session, charge=charge)


def _make(
    kind: EventKind, reference: str, amount: int, record: Mapping[str, Any], *, charge: str
) -> EventContent:
    if type(amount) is not int:
        raise MalformedEvent("the amount is no whole number")
    currency = record["currency"].upper()
    key = (record.get("metadata") or {}).get(PAYMENT_MARK, "")
    return EventContent(kind, reference, from_stripe(amount, currency), currency, key, charge)


def read_mark(record: stripe.StripeObject, mark: str) -> str:
    """Return what we wrote on a record under this name."""
    return str((record.to_dict().get("metadata") or {}).get(mark, ""))


def read_session(found: stripe.StripeObject) -> GatewayCharge | None:
    """Return a Checkout Session, its PaymentIntent and charge expanded, as we keep it; None if not ours."""
    session = found.to_dict()
    key = (session.get("metadata") or {}).get(PAYMENT_MARK, "")
    if not key:
        return None
    currency = session["currency"].upper()
    intent = session.get("payment_intent")
    details: Any = intent if intent and not isinstance(intent, str) else {}
    charge: Any = details.get("latest_charge")
    refunded = charge.get("amount_refunded", 0) if charge and not isinstance(charge, str) else 0
    status = _read_status(session, details.get("status", ""))
    is_paid = status == ChargeStatus.SUCCEEDED
    amount = details.get("amount_received", session["amount_total"]) if is_paid else session["amount_total"]
    return GatewayCharge(
        reference=session["id"],
        payment_key=key,
        status=status,
        amount=from_stripe(amount, currency),
        currency=currency,
        refunded_amount=from_stripe(refunded, currency),
        created_at=dt.datetime.fromtimestamp(session["created"], tz=dt.UTC),
        redirect_url=session.get("url") or "",
        charge_reference=_name(intent),
    )


def _read_status(session: Mapping[str, Any], intent_status: str) -> ChargeStatus:
    if session["payment_status"] == "paid":
        return ChargeStatus.SUCCEEDED
    if session["status"] == "open":
        return ChargeStatus.OPEN
    is_under_way = session["status"] == "complete" and intent_status not in _FAILED_INTENTS
    return ChargeStatus.PROCESSING if is_under_way else ChargeStatus.ENDED


_FAILED_INTENTS: Final = ("requires_payment_method", "canceled")


def _name(record: Any) -> str:
    """Return the id of a record that may be given by its id alone, in full, or not at all."""
    if not record or isinstance(record, str):
        return record or ""
    return str(record["id"])
