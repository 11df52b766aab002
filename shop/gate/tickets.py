"""Waiting tickets: signed, so that a place in the line is its holder's also when Redis has forgotten it."""

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from typing import Final

from django.core import signing

# For so long after it was last shown, a ticket keeps its place: a phone may sleep for a while.
TICKET_LIFE: Final = dt.timedelta(minutes=2)
_SALT: Final = "shop.gate.ticket"
# Far beyond any real one; what is longer is not worth checking.
_MAX_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class Ticket:
    """A place in the line of one sale. `number` is the arrival, 0 before the gate has given one.

    `member` stands for the request that waits: the same request, the same place.
    """

    sale_id: int
    member: str
    units: int
    number: int = 0


def make_ticket(*, sale_id: int, request_key: str, units: int) -> Ticket:
    """Return the ticket of a request that has not been here yet."""
    return Ticket(sale_id, hashlib.sha256(request_key.encode()).hexdigest()[:24], units)


def renew_ticket(ticket: Ticket, text: str | None, *, now: dt.datetime) -> Ticket:
    """Return the ticket with its former place, if `text` is what this request was given and still holds."""
    former = read_ticket(text, now=now) if text else None
    if former is None or (former.sale_id, former.member) != (ticket.sale_id, ticket.member):
        return ticket
    return replace(ticket, number=former.number)


def sign_ticket(ticket: Ticket, *, now: dt.datetime) -> str:
    """Return the ticket as text for its holder, good for `TICKET_LIFE` from now."""
    ends = int((now + TICKET_LIFE).timestamp())
    content = [ticket.sale_id, ticket.member, ticket.units, ticket.number, ends]
    return signing.Signer(salt=_SALT).sign_object(content)


def read_ticket(text: str, *, now: dt.datetime) -> Ticket | None:
    """Return the ticket, or None if it is not one of ours or its time is over."""
    if len(text) > _MAX_LENGTH:
        return None
    try:
        sale_id, member, units, number, ends = signing.Signer(salt=_SALT).unsign_object(text)
    except (signing.BadSignature, ValueError):
        return None
    return Ticket(sale_id, member, units, number) if now.timestamp() < ends else None
