"""What customers write on a transfer: RF, two check digits, the number of their order (ISO 11649).

Banks check it while it is typed, and the check digits tell a mistyped reference from a right one here.
"""

import re
from collections.abc import Iterator
from typing import Final

_NUMBER: Final = "[0-9A-HJKMNP-TV-Z]{13}"
_REFERENCE: Final = re.compile(rf"RF\d\d{_NUMBER}")
_ORDER_NUMBER: Final = re.compile(rf"(?<![0-9A-Z]){_NUMBER}(?![0-9A-Z])")
_SEPARATORS: Final = re.compile(r"[^0-9A-Z]")


def reference_for(order_number: str) -> str:
    """Return the payment reference of an order."""
    return f"RF{98 - _remainder(f'{order_number}RF00'):02d}{order_number}"


def format_reference(reference: str) -> str:
    """Return a reference as it is printed, in groups of four."""
    return " ".join(reference[start : start + 4] for start in range(0, len(reference), 4))


def find_references(text: str) -> set[str]:
    """Return the references in what a customer wrote, wherever it was broken; none that is mistyped."""
    joined = _SEPARATORS.sub("", text.upper())
    return set(_find_all(joined))


def find_order_references(text: str) -> set[str]:
    """Return the references of what could be order numbers, for customers who wrote only that."""
    return {reference_for(found) for found in _ORDER_NUMBER.findall(text.upper())}


def _find_all(joined: str) -> Iterator[str]:
    # Each place is tried: what precedes a reference may look like the beginning of one.
    for start in range(len(joined)):
        match = _REFERENCE.match(joined, start)
        if match and _remainder(match[0][4:] + match[0][:4]) == 1:
            yield match[0]


def _remainder(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text)) % 97
