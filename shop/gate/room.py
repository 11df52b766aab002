"""What the waiting room says: a place, a time, and when to ask again."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from shop.gate.tickets import Ticket, sign_ticket
from shop.gate.types import Waiting

# Up to a fifth earlier or later, so that those who came together do not come back together.
_JITTER: Final = 0.2
# From fewer admissions no rate is told: a number made of one would be a lie.
_ENOUGH: Final = 3


def describe_wait(ticket: Ticket, numbers: Sequence[int | str], *, now: dt.datetime) -> Waiting:
    """Return a place in the line with its signed ticket.

    `numbers` come from the gate: arrival number, place, milliseconds until the next question, admissions
    lately and the milliseconds they took, units left.
    """
    number, place, poll_ms, admitted, span_ms, left = (int(value) for value in numbers)
    jitter = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - jitter is no secret
    return Waiting(
        ticket=sign_ticket(replace(ticket, number=number), now=now),
        place=place,
        seconds=place * span_ms / 1000 / admitted if admitted >= _ENOUGH else None,
        poll_seconds=round(poll_ms / 1000 * jitter, 1),
        left=left,
    )
