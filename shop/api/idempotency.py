"""The Idempotency-Key header: how a retry is told from a second order."""

import re
from collections.abc import Mapping
from typing import Any, Final

from rest_framework.request import Request

from orders.types import MAX_KEY_LENGTH
from shop.api.errors import IdempotencyKeyInvalid, IdempotencyKeyMissing

HEADER: Final = "Idempotency-Key"
_META: Final = "HTTP_IDEMPOTENCY_KEY"
GUEST_SCOPE: Final = "guest"
# The draft standard makes it a structured-field string, in quotes; nearly every client sends it bare.
_QUOTED: Final = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
# No blanks: the database compares strings without regard to blanks at their end.
_USABLE: Final = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY_LENGTH}}}")


def read_idempotency_key(meta: Mapping[str, Any]) -> str:
    """Return the key in a request's META, unquoted. Raises IdempotencyKeyMissing, IdempotencyKeyInvalid."""
    value = str(meta.get(_META, "")).strip()
    if not value:
        raise IdempotencyKeyMissing(
            f"send the {HEADER} header: a new random value, say a UUID, for each new order"
        )
    if value.startswith('"'):
        quoted = _QUOTED.fullmatch(value)
        value = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else ""
    if not _USABLE.fullmatch(value):
        raise IdempotencyKeyInvalid(f"{HEADER} must be 1 to {MAX_KEY_LENGTH} visible ASCII characters")
    return value


def find_scope(request: Request) -> str:
    """Return whose keys they are: two customers may use the same one."""
    return f"user:{request.user.pk}" if request.user.is_authenticated else GUEST_SCOPE
