"""How often buyers got in each other's way, counted per process since it started."""

from collections import Counter

_counts: Counter[str] = Counter()


def count(event: str) -> None:
    """Note one event: retries, deadlocks, lock_waits, changed_since_read, conflicts, connections_lost, ..."""
    _counts[event] += 1


def contention_counts() -> Counter[str]:
    """Return a copy of this process's counts."""
    return Counter(_counts)
