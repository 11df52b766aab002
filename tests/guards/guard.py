"""What a guard is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Guard:
    """One protection: replace `text` by `without` in `path`, and one of `tests` must fail."""

    name: str
    path: str
    text: str
    without: str
    tests: str
