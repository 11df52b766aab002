"""What this process read about a second ago, for what everybody looks at in the same moment.

However many come, a process asks the database once a second. No stock is decided by what is shown; the rules
by which prices are put together (`shop.pricing`) may be a few seconds old.
"""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, ClassVar, Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

FRESH_SECONDS: Final = 1.0
# For rules that every price depends on: what staff change holds everywhere after so long.
RULES_FRESH_SECONDS: Final = 5.0
_MOST_KEYS: Final = 500


class Glances(Generic[K, V]):
    """Values by key, each read again when it is asked for and no longer fresh."""

    _everybody: ClassVar["list[Glances[Any, Any]]"] = []

    def __init__(self, *, fresh_seconds: float = FRESH_SECONDS, most_keys: int = _MOST_KEYS) -> None:
        self._everybody.append(self)
        self._most_keys = most_keys
        self._fresh_seconds = fresh_seconds
        self._values: dict[K, tuple[float, V]] = {}
        self._readers: dict[K, threading.Lock] = {}
        self._changing = threading.Lock()

    def look(self, key: K, read: Callable[[], V]) -> V:
        """Return the value of a key, `read` at most about `fresh_seconds` ago."""
        known = self._values.get(key)
        if known and self._is_fresh(known):
            return known[1]
        reading = self._get_reader(key)
        # One reader is enough: whoever has an older value shows it meanwhile, and only the first wait.
        if not reading.acquire(blocking=known is None):
            assert known  # noqa: S101 - without a value it waits
            return known[1]
        try:
            known = self._values.get(key)
            return known[1] if known and self._is_fresh(known) else self._read(key, read)
        finally:
            reading.release()

    def change(self, key: K, change: Callable[[V], V]) -> None:
        """Correct a value that is known, without making it any fresher."""
        with self._changing:
            if known := self._values.get(key):
                self._values[key] = (known[0], change(known[1]))

    def forget(self) -> None:
        """Read everything anew."""
        with self._changing:
            self._values.clear()

    @classmethod
    def forget_all(cls) -> None:
        """Make every instance of this process read everything anew."""
        for glances in cls._everybody:
            glances.forget()

    def _read(self, key: K, read: Callable[[], V]) -> V:
        # The clock before the query: what is read is at least that young.
        started = time.monotonic()
        value = read()
        with self._changing:
            if len(self._values) >= self._most_keys:
                self._values.clear()
            self._values[key] = (started, value)
        return value

    def _get_reader(self, key: K) -> threading.Lock:
        with self._changing:
            if len(self._readers) >= self._most_keys:
                self._readers.clear()
            return self._readers.setdefault(key, threading.Lock())

    def _is_fresh(self, known: tuple[float, object]) -> bool:
        return time.monotonic() - known[0] < self._fresh_seconds
