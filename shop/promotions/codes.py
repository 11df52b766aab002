"""How coupon codes are written."""

import unicodedata
from typing import Final

MAX_CODE_LENGTH: Final = 40


def normalise_code(text: str) -> str:
    """Return a code as it is kept: people type small letters, spaces around it, and wide characters."""
    return unicodedata.normalize("NFKC", text).strip().upper()


def is_code(text: str) -> bool:
    """Say whether a normalised text can be a code: short, and nothing in it that cannot be seen or typed."""
    return 0 < len(text) <= MAX_CODE_LENGTH and all(mark.isalnum() or mark in "-_." for mark in text)
