"""What nobody needs to read in the body of an event: card numbers, and secrets made for a customer's page."""

import re
from typing import Final

_CLIENT_SECRET: Final = re.compile(r"_secret_[0-9A-Za-z]{8,}")
_DIGITS: Final = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,15}(?![0-9])")
_SHOWN: Final = 4


def hide_secrets(text: str) -> str:
    """Return a text without the card numbers and client secrets in it; of a card four digits are left."""
    return _DIGITS.sub(_hide_card, _CLIENT_SECRET.sub("_secret_…", text))


def _hide_card(found: re.Match[str]) -> str:
    digits = re.sub("[ -]", "", found[0])
    return f"…{digits[-_SHOWN:]}" if _fits_check_digit(digits) else found[0]


def _fits_check_digit(digits: str) -> bool:
    """Say whether these could be the number of a card: ISO/IEC 7812."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0
