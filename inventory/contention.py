"""How often buyers got in each other's way, counted per process since it started."""

from collections import Counter

_counts: Counter[str] = Counter()


def count(event: str, times: int = 1) -> None:
    """Note an event: retries, deadlocks, lock_waits, changed_since_read, conflicts, batches, ..."""
    _counts[event] += times


def contention_counts() -> Counter[str]:
    """Return a copy of this process's counts."""
    return Counter(_counts)
