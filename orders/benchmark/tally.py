"""What clients count while they buy."""

import math
from collections import Counter
from dataclasses import dataclass, field

from orders.benchmark.sellers import Outcome


@dataclass(slots=True)
class Tally:
    """What clients saw in the measured time; what ends in `_in_all` the database must hold afterwards.

    Moments are on the machine's monotonic clock, which all processes share; durations are seconds.
    """

    latencies: list[float] = field(default_factory=list)
    # How long the answer took that there is not enough left.
    refusals: list[float] = field(default_factory=list)
    busy: int = 0
    placed_in_all: int = 0
    paid_in_all: int = 0
    # Arrivals of an open loop that nobody was free for before the end.
    unserved: int = 0
    cpu_seconds: float = 0.0
    # None where the database's process cannot be seen from here.
    database_cpu_seconds: float | None = None
    started_at: float = math.inf
    last_placed_at: float = 0.0
    ended_at: float = 0.0
    # How long rows were held between claim and COMMIT.
    holds: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    # How many transactions were shared by how many orders.
    batches: Counter[int] = field(default_factory=Counter)

    def note(self, outcome: Outcome, *, began: float, ended: float) -> None:
        """Count one attempt of the measured time."""
        self.ended_at = ended
        if outcome is Outcome.PLACED:
            self.latencies.append(ended - began)
            self.last_placed_at = ended
        elif outcome is Outcome.REFUSED:
            self.refusals.append(ended - began)
        else:
            self.busy += 1

    def add(self, other: "Tally") -> None:
        """Take in another tally."""
        self.latencies += other.latencies
        self.holds += other.holds
        self.refusals += other.refusals
        self.busy += other.busy
        self.placed_in_all += other.placed_in_all
        self.paid_in_all += other.paid_in_all
        self.unserved += other.unserved
        self.cpu_seconds += other.cpu_seconds
        if other.database_cpu_seconds is not None:
            self.database_cpu_seconds = (self.database_cpu_seconds or 0.0) + other.database_cpu_seconds
        self.started_at = min(self.started_at, other.started_at)
        self.last_placed_at = max(self.last_placed_at, other.last_placed_at)
        self.ended_at = max(self.ended_at, other.ended_at)
        self.counts += other.counts
        self.batches += other.batches
