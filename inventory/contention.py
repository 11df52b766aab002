"""How often buyers got in each other's way, counted per process since it started."""

from collections import Counter

_counts: Counter[str] = Counter()
_batch_sizes: Counter[int] = Counter()


def count(event: str, times: int = 1) -> None:
    """Note an event: retries, deadlocks, lock_waits, changed_since_read, conflicts, batches, ..."""
    _counts[event] += times


def count_batch(size: int) -> None:
    """Note a transaction that so many orders shared."""
    count("batches")
    count("batched_orders", size)
    _batch_sizes[size] += 1


def contention_counts() -> Counter[str]:
    """Return a copy of this process's counts."""
    return Counter(_counts)


def batch_sizes() -> Counter[int]:
    """Return how many of this process's shared transactions were shared by how many orders."""
    return Counter(_batch_sizes)
