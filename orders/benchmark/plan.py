"""What to measure, and in which order."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from orders.benchmark.contenders import DO_NOTHING, UNLOCKED
from orders.benchmark.levels import SERVICE
from orders.benchmark.wire import Delays
from orders.benchmark.workloads import Way, Workload

FEWEST_TO_OVERSELL: Final = 2
_OFFERED_PERCENTS: Final = (50, 80, 120)


@dataclass(frozen=True, slots=True)
class Turn:
    """One run to do.

    `history` is how many orders the database holds already. `offered_percent` makes it an open loop at this
    share of the rate that the turn without it, just before, has reached.
    """

    workload: Workload
    contender: str
    clients: int
    repeat: int
    history: int = 0
    offered_percent: int | None = None

    @property
    def row(self) -> "Turn":
        """What all repeats of this turn have in common."""
        return replace(self, repeat=0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. Times in seconds."""

    workloads: tuple[Workload, ...]
    contenders: tuple[str, ...]
    clients: tuple[int, ...]
    seconds: float
    warm_up: float
    repeats: int
    processes: int
    delays: Delays
    busy_scale: float
    level: str = SERVICE
    history: int = 0

    @property
    def histories(self) -> tuple[int, ...]:
        """How many orders each of the databases holds at the start."""
        return (0, self.history) if self.history else (0,)

    def list_turns(self) -> list[Turn]:
        """Return every run to do, in order."""
        turns: list[Turn] = []
        for workload in self.workloads:
            for clients, repeat in itertools.product(self.clients, range(self.repeats)):
                turns += self._list_round(workload, clients, repeat)
            if max(self.clients) < FEWEST_TO_OVERSELL:
                # One buyer alone cannot oversell: nothing would prove that the benchmark notices overselling.
                turns.append(Turn(workload, UNLOCKED, FEWEST_TO_OVERSELL, 0))
        return turns

    def _list_round(self, workload: Workload, clients: int, repeat: int) -> Iterator[Turn]:
        # There and back again: who comes first in one repeat comes last in the next.
        direction = 1 if repeat % 2 == 0 else -1
        for contender in self.contenders[::direction]:
            if contender == DO_NOTHING and workload.sells_out:
                continue
            for history in self.histories[::direction]:
                turn = Turn(workload, contender, clients, repeat, history)
                yield turn
                if workload.way is Way.OPEN:
                    for percent in _OFFERED_PERCENTS:
                        yield replace(turn, offered_percent=percent)
