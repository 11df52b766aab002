"""System checks: can whoever follows a payment be told at all."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from orders.outbox import LEASE

_PEERS: Final = ("CARRIER", "WAREHOUSE")
_PREFIX: Final = "whsec_"
# As few as Standard Webhooks allows.
_FEWEST_BYTES: Final = 24


@register("orders")
def check_peers(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Look at the settings of carrier and warehouse; nobody is called."""
    found = [problem for name in _PEERS for problem in _check_peer(name)]
    # Two attempts at once would be harmless and confusing: an attempt ends well before its lease.
    if not 0 < settings.STEP_TIMEOUT_SECONDS <= LEASE.total_seconds() / 2:
        problem = f"STEP_TIMEOUT_SECONDS is {settings.STEP_TIMEOUT_SECONDS:g}."
        found.append(Error(problem, hint="Set it to more than 0 and at most 30.", id="orders.E003"))
    return found


def _check_peer(name: str) -> Iterator[CheckMessage]:
    url, secret = getattr(settings, f"{name}_URL"), getattr(settings, f"{name}_SECRET")
    if bool(url) != bool(secret):
        missing = f"{name}_SECRET" if url else f"{name}_URL"
        yield Warning(f"{missing} is not set, so nobody is told.", hint="Set both or none.", id="orders.W001")
    if url and not _is_usable(url):
        yield Error(
            f"{name}_URL is no address.", hint="It begins with https:// or http://.", id="orders.E001"
        )
    if secret and not _is_secret(secret):
        # It is not repeated here: checks are printed.
        hint = f"`{_PREFIX}` and at least {_FEWEST_BYTES} random bytes in base64."
        yield Error(f"{name}_SECRET is no secret.", hint=hint, id="orders.E002")


def _is_secret(secret: str) -> bool:
    try:
        return len(base64.b64decode(secret.removeprefix(_PREFIX), validate=True)) >= _FEWEST_BYTES
    except ValueError:
        return False


def _is_usable(url: str) -> bool:
    try:
        address = urlsplit(url)
        return address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        return False
