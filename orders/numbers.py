"""Order numbers and the tokens that open an order to its guest."""

import hmac
from collections.abc import Iterator

from django.conf import settings
from django.utils.crypto import salted_hmac

# Crockford's base 32: no I, L, O or U, so a number read out on the phone arrives.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SALT = "orders.token"


def number_for(order_id: int) -> str:
    """Return the number customers see for an order id: 13 characters, unique because the id is."""
    return "".join(_ALPHABET[(order_id >> shift) & 31] for shift in range(60, -1, -5))


def order_token(*, number: str) -> str:
    """Return the secret that lets whoever placed the order read, pay and cancel it.

    Derived from the number and SECRET_KEY, so a replayed request gets the same one and no table of secrets
    can leak.
    """
    return _derive_token(number, settings.SECRET_KEY)


def check_order_token(*, number: str, token: str) -> bool:
    """Say whether `token` opens the order; keys in SECRET_KEY_FALLBACKS still do."""
    return any(
        hmac.compare_digest(_derive_token(number, secret).encode(), token.encode("utf-8", "replace"))
        for secret in _list_secrets()
    )


def _list_secrets() -> Iterator[str]:
    yield settings.SECRET_KEY
    yield from settings.SECRET_KEY_FALLBACKS


def _derive_token(number: str, secret: str) -> str:
    return salted_hmac(_SALT, number, secret=secret, algorithm="sha256").hexdigest()[:40]


def next_stock_reference(reference: str) -> str:
    """Return under which reference the ledger holds an order's units next: what was booked stays as it is."""
    first, _slash, attempt = reference.partition("/")
    return f"{first}/{int(attempt or 1) + 1}"
