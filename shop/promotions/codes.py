"""How coupon codes are written."""

import re
import unicodedata
from typing import Final

MAX_CODE_LENGTH: Final = 40
_MARKS: Final = re.compile(r"[A-Z0-9][A-Z0-9._-]*")


def normalise_code(text: str) -> str:
    """Return a code as it is kept: people type small letters, spaces around it, and wide characters."""
    return unicodedata.normalize("NFKC", text).strip().upper()


def is_code(text: str) -> bool:
    """Say whether a normalised text can be a code: short, and of what every keyboard has."""
    return 0 < len(text) <= MAX_CODE_LENGTH and _MARKS.fullmatch(text) is not None
