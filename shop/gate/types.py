"""What the gate tells whoever comes to it. Places count from 1; times are seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Admitted:
    """Go on and place the order, then `settle` the token. An empty token is let in unseen: Redis is away."""

    token: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Come back after `poll_seconds` with the ticket.

    `place` others included, `seconds` the wait at the rate of the last half minute or None if nobody can say,
    `left` the units the gate believes are there for all who wait.
    """

    ticket: str
    place: int
    seconds: float | None
    poll_seconds: float
    left: int


@dataclass(frozen=True, slots=True)
class SoldOut:
    """MySQL has none left, and nobody is placing an order any more.

    `held` units are in unpaid orders and may come back; `line` is the caller's place among those who wait for
    that, if they do.
    """

    held: int
    line: Waiting | None = None


Admission = Admitted | Waiting | SoldOut


@dataclass(frozen=True, slots=True)
class SaleStock:
    """What MySQL says of a sale: units that can be promised, units in unpaid orders."""

    available: int
    held: int = 0


@dataclass(frozen=True, slots=True)
class GateLimits:
    """How many units may be in flight: those left times `factor` plus `slack`, never more than `most`."""

    factor: float
    slack: int
    most: int


@dataclass(frozen=True, slots=True)
class GateLevels:
    """What the gate believes of a sale at one instant. `left` are units, those in flight included."""

    left: int
    in_flight: int
    waiting: int
    admitted: int

    @property
    def free(self) -> int:
        """Units for whoever comes next."""
        return self.left - self.in_flight

    def find_drift(self, available: int) -> int:
        """Return by how many units the gate is wrong if MySQL has so many available: 0 in quiet."""
        return self.free - (available - self.in_flight)
