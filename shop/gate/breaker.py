"""A circuit breaker: who has just waited for Redis in vain spares the others the wait."""

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from redis.exceptions import RedisError

T = TypeVar("T")

OPEN_SECONDS: Final = 5.0


class GateAway(Exception):
    """Redis does not answer, or did not a moment ago. Nobody is kept out for that."""


class Breaker:
    """Passes calls on to Redis until one fails; then none for a while. One for each process."""

    def __init__(
        self,
        *,
        open_seconds: float = OPEN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        on_error: Callable[[], None] = lambda: None,
        on_change: Callable[[bool], None] = lambda _is_open: None,
    ) -> None:
        self._open_seconds, self._clock = open_seconds, clock
        self._on_error, self._on_change = on_error, on_change
        self._open_until = 0.0
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether calls are skipped at this moment."""
        return self._clock() < self._open_until

    def call(self, ask: Callable[[], T]) -> T:
        """Return what `ask` returns. Raises GateAway if Redis is away, at once if that is known."""
        with self._lock:
            if self.is_open:
                raise GateAway
            if is_trial := self._open_until > 0:
                # One caller tries; the others go on without, until it has come back.
                self._open_until = self._clock() + self._open_seconds
        try:
            answer = ask()
        except RedisError as error:
            self._on_error()
            self._open_until = self._clock() + self._open_seconds
            self._on_change(True)  # noqa: FBT003 - a callback of one argument
            raise GateAway from error
        if is_trial:
            self._open_until = 0.0
            self._on_change(False)  # noqa: FBT003
        return answer
