"""Taking callbacks of gateways: what no gateway sent is refused before it costs anything, and counted.

Nobody is held up for having sent too many: real events may come from the address of forged ones, and to
refuse one costs a digest and no question to the database.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.http import UnreadablePostError
from prometheus_client import Counter
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request

from payments.errors import InvalidSignature, StaleSignature, UnknownGateway
from payments.selectors import is_switched_on
from payments.services import receive_event
from payments.types import EventReceipt
from shop.api.errors import BodyTooLarge
from shop.api.parsing import JsonParser, read_raw_body

MAX_EVENT_BYTES: Final = 64 * 1024
_NOBODY: Final = "unknown"

_CALLBACKS: Final = Counter(
    "shop_callbacks", "Callbacks of gateways by what became of them.", ["gateway", "outcome"]
)
_REFUSALS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (UnknownGateway, "unknown_gateway"),
    (UnsupportedMediaType, "wrong_type"),
    (BodyTooLarge, "too_large"),
    (UnreadablePostError, "broken_off"),
    (StaleSignature, "stale"),
    (InvalidSignature, "forged"),
)


def take_callback(request: Request, *, gateway: str, now: dt.datetime) -> EventReceipt:
    """Read, verify, keep and apply a callback.

    Raises UnknownGateway, UnsupportedMediaType, BodyTooLarge, UnreadablePostError and InvalidSignature,
    before anything is asked of the database.
    """
    with _count_refusals(gateway):
        if not is_switched_on(gateway):
            raise UnknownGateway(gateway)
        body = _read(request)
        receipt = receive_event(gateway=gateway, headers=request.headers, body=body, now=now)
    _CALLBACKS.labels(gateway, "replayed" if receipt.duplicate else "taken").inc()
    return receipt


def _read(request: Request) -> bytes:
    """Return the body, all of it, having looked first at what it says it is."""
    if request.content_type.partition(";")[0].strip().lower() != JsonParser.media_type:
        raise UnsupportedMediaType(request.content_type[:100])
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdigit() and int(declared) > MAX_EVENT_BYTES:
        raise BodyTooLarge(MAX_EVENT_BYTES)
    body = read_raw_body(request, limit=MAX_EVENT_BYTES)
    if declared.isdigit() and len(body) < int(declared):
        raise UnreadablePostError("the body broke off")
    return body


@contextmanager
def _count_refusals(gateway: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        outcome = next((name for kind, name in _REFUSALS if isinstance(error, kind)), "failed")
        # Labels come from a closed list: an address that somebody made up is none.
        _CALLBACKS.labels(_NOBODY if outcome == "unknown_gateway" else gateway, outcome).inc()
        raise
