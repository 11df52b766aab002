"""Racing threads on the real database, held at a barrier until all of them are ready."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import connection

_JOIN_SECONDS = 120
DEADLINE_SECONDS = 30

E = TypeVar("E", bound=BaseException)


@dataclass
class Outcome:
    """What the racers got: values returned, and errors raised."""

    results: list[Any] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)

    def get_errors(self, expected: type[E]) -> list[E]:
        """Return the errors, having checked that all of them are of the expected type."""
        assert all(isinstance(error, expected) for error in self.errors), f"unexpected: {self.errors!r}"
        return [error for error in self.errors if isinstance(error, expected)]

    def count_errors(self, *types: type[BaseException]) -> int:
        """Return how many racers got one of these errors, having checked that nobody got any other."""
        others = [error for error in self.errors if not isinstance(error, types)]
        assert not others, f"racers got unexpected errors: {others!r}"
        return len(self.errors)


def race(racers: Sequence[Callable[[], Any]]) -> Outcome:
    """Run each racer in a thread with its own connection, all let go at once, and collect how they fared."""
    barrier = threading.Barrier(len(racers), timeout=_JOIN_SECONDS)
    outcome = Outcome()
    lock = threading.Lock()

    def run(racer: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait()
            result = racer()
            with lock:
                outcome.results.append(result)
        except BaseException as error:
            with lock:
                outcome.errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(racer,), daemon=True) for racer in racers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_JOIN_SECONDS)
    assert not any(thread.is_alive() for thread in threads), "a racer is stuck"
    return outcome


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until something is so, for as long as a test may take."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)
