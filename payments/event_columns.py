"""What an event says, as the columns of its row."""

from typing import Any, Final

from django.db import models

from payments.errors import MalformedEvent
from payments.gateways.base import EventContent
from payments.keys import find_payment_id
from payments.models import Payment

_LONGEST_REFERENCE: Final = 100
_LONGEST_CURRENCY: Final = 3


def check_fit(content: EventContent) -> None:
    """Raise MalformedEvent if a value does not fit its column."""
    references = (content.reference, content.charge_reference)
    if max(map(len, references)) > _LONGEST_REFERENCE or len(content.currency) > _LONGEST_CURRENCY:
        raise MalformedEvent("a reference or the currency is too long")
    if content.amount is not None and abs(content.amount) > models.BigIntegerField.MAX_BIGINT:
        raise MalformedEvent("the amount is too large")
    try:
        f"{content.reference}{content.charge_reference}{content.currency}".encode()
    except UnicodeEncodeError as error:
        raise MalformedEvent("a reference or the currency is no text") from error


def to_columns(gateway: str, content: EventContent) -> dict[str, Any]:
    """Return the values of an event's columns; its payment, if the gateway repeated our key."""
    return {
        "kind": content.kind.value,
        "reference": content.reference,
        "amount": content.amount,
        "currency": content.currency,
        "charge_reference": content.charge_reference,
        "payment": _find_by_key(gateway, content.payment_key),
    }


def _find_by_key(gateway: str, payment_key: str) -> Payment | None:
    payment_id = find_payment_id(payment_key)
    if payment_id is None:
        return None
    return Payment.objects.filter(id=payment_id, gateway=gateway).first()
