"""How a check of `doctor` ends."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended. Only a failure keeps the shop from keeping its promises."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of one check; `remedy` is empty if there is nothing to do."""

    name: str
    verdict: Verdict
    detail: str
    remedy: str = ""
