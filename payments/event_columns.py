"""An event's row: what the event says, as columns, and what becomes of it."""

from typing import Any, Final

from django.db import models

from inventory.rows import RowRead, RowUpdate
from inventory.transactions import execute_last, require_transaction
from payments.errors import MalformedEvent
from payments.gateways.base import EventContent
from payments.gateways.registry import get_gateway
from payments.keys import find_payment_id
from payments.models import GatewayEvent, Payment

# What is known of an event only after it was kept.
_WRITTEN: Final = (
    *("kind", "reference", "amount", "currency", "charge_reference", "payment_id"),
    *("attempts", "latest_error", "outcome", "settled_at", "apply_after"),
)
_WRITE = RowUpdate(GatewayEvent, _WRITTEN, where="id = %s")
_EVENTS = RowRead(GatewayEvent)
_LONGEST_REFERENCE: Final = 100
_LONGEST_CURRENCY: Final = 3


def lock_event(event_pk: int) -> GatewayEvent:
    """Lock a kept event until the transaction ends and return it. Needs a transaction."""
    require_transaction()
    return _EVENTS.get("WHERE id = %s FOR UPDATE", (event_pk,))


def lock_event_if_free(event_pk: int) -> GatewayEvent | None:
    """Lock a kept event and return it, or None if somebody else has it locked. Needs a transaction."""
    require_transaction()
    return _EVENTS.find("WHERE id = %s FOR UPDATE SKIP LOCKED", (event_pk,))


def write_event(event: GatewayEvent) -> None:
    """Write what became of an event that is locked, and end the transaction as `execute_last` does."""
    execute_last([_WRITE.prepare([getattr(event, name) for name in _WRITTEN], [event.pk])])


def read_event(event: GatewayEvent) -> str:
    """Put what the event says into its columns, unless it is there; return what is wrong with it, or nothing.

    Saves nothing: whoever writes the event next does.
    """
    if event.kind:
        return ""
    try:
        content = get_gateway(event.gateway).read_event(event.body)
        check_fit(content)
    except MalformedEvent as error:
        return str(error) or repr(error)
    for name, value in to_columns(event.gateway, content).items():
        setattr(event, name, value)
    return ""


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
