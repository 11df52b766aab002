"""Where the shop is entered: as a service call, or in whatever other way `BENCHMARK_LEVELS` names.

A setting, because orders know nothing of web servers.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from orders.benchmark.jobs import Job
from orders.benchmark.processes import run_processes
from orders.benchmark.tally import Tally
from orders.benchmark.wire import Delays
from orders.benchmark.workloads import Way

SERVICE: Final = "service"


class Session(Protocol):
    """One database's shop, ready to be bought from."""

    def run(self, job: Job, shares: Sequence[range]) -> Tally:
        """Have the job done and return what its clients saw. `shares` are the clients of each process."""


class Level(Protocol):
    """A way into the shop."""

    name: str
    # What is measured at this level only, to compare with.
    references: tuple[str, ...]
    ways: frozenset[Way]
    # Whose tables it needs; those of all apps if there are none.
    apps: tuple[str, ...]

    def open(self, *, database: str, delays: Delays) -> AbstractContextManager[Session]:
        """Make the shop ready for as long as the block lasts. Django's connection points at the database."""


class _ServiceSession:
    def run(self, job: Job, shares: Sequence[range]) -> Tally:
        """See Session."""
        return run_processes(job, shares)


class ServiceLevel:
    """`orders.services`, called by the clients themselves."""

    name = SERVICE
    references: tuple[str, ...] = ()
    ways = frozenset(Way)
    apps: tuple[str, ...] = ("inventory", "orders")

    def open(self, *, database: str, delays: Delays) -> AbstractContextManager[Session]:
        """See Level."""
        return nullcontext(_ServiceSession())


def get_level(name: str) -> Level:
    """Return the level of this name, which `list_levels` knows."""
    level: Level = import_string(settings.BENCHMARK_LEVELS[name])()
    return level


def list_levels() -> list[str]:
    """Return the names of all levels."""
    return list(settings.BENCHMARK_LEVELS)
