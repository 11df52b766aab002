"""Row ids made by the application.

Rows written in a checkout get their ids here, so that an order, its lines and its ledger rows can each be
inserted in one statement, on MySQL and MariaDB alike, without asking the database for the id of the row
before.
"""

import secrets
import threading
import time

_RANDOM_BITS = 22
_EPOCH_MS = 1_704_067_200_000  # 2024-01-01T00:00:00Z; 41 bits of milliseconds last until 2093.

_lock = threading.Lock()
_latest = 0


def new_id() -> int:
    """Return a 63-bit id: 41 bits of milliseconds, then 22 random ones.

    Ids of one process only ever rise. Two processes may draw the same id, about once in four million pairs
    of the same millisecond; the primary key then refuses the second row and the caller draws again.
    """
    return new_ids(1)[0]


def new_ids(count: int) -> range:
    """Return `count` consecutive ids, for rows that are inserted together."""
    global _latest  # noqa: PLW0603 - one counter per process is the point
    now_ms = time.time_ns() // 1_000_000 - _EPOCH_MS
    candidate = (now_ms << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    with _lock:
        # A clock set back, or two ids in one millisecond, must not give an id twice.
        first = max(candidate, _latest + 1)
        _latest = first + count - 1
    return range(first, first + count)
