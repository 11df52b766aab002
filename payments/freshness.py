"""How old a callback may be: its signature is good for five minutes."""

import time
from typing import Final

TOLERANCE_SECONDS: Final = 300
_LONGEST: Final = 20


def is_stale(timestamp: str) -> bool:
    """Say whether a callback gives another moment than now, as whole seconds since 1970."""
    text = timestamp.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST):
        return False
    return abs(time.time() - int(text)) > TOLERANCE_SECONDS
