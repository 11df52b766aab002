"""Where transactions that move stock begin and end.

`run_in_transaction` is the only place that retries what lost a race, and it retries whole transactions: MySQL
has already rolled back a deadlock victim (1213), rolls back only the statement on a lock wait timeout (1205),
and 1020 means the row changed after this transaction's snapshot. Retrying anything smaller would commit half
of it. A duplicate key or an unknown COMMIT is for the caller: he looks what is there and may run a new
transaction, as `orders.placement` does by idempotency key.
"""

import random
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from django.db import OperationalError, connection, transaction

from inventory.contention import contention_counts, count
from inventory.errors import StockBusy, StockConflict, TransactionRequired
from inventory.sql import Statement, execute_together

__all__ = [
    "CommitUnknown",
    "can_commit",
    "contention_counts",
    "execute_and_commit",
    "execute_last",
    "require_transaction",
    "run_in_transaction",
]

T = TypeVar("T")

_DEADLOCK, _LOCK_WAIT, _CHANGED_SINCE_READ = 1213, 1205, 1020
_RETRYABLE: Final = {
    _DEADLOCK: "deadlocks",
    _LOCK_WAIT: "lock_waits",
    _CHANGED_SINCE_READ: "changed_since_read",
}
# Server gone, lost, shut down, connection killed: what was not committed is rolled back by the server.
_LOST: Final = frozenset({2006, 2013, 2055, 1053, 1927, 4031})

_MAX_ATTEMPTS: Final = 8
_MAX_SECONDS: Final = 10.0
_COMMIT: Final = Statement("COMMIT")
_FIRST_PAUSE_SECONDS: Final = 0.002
_LONGEST_PAUSE_SECONDS: Final = 0.1


class CommitUnknown(StockBusy):
    """The connection broke during COMMIT: it may have happened or not. Ask the database before retrying."""


def require_transaction() -> None:
    """Raise TransactionRequired outside a transaction: a lock taken there would protect nothing."""
    if not connection.in_atomic_block:
        raise TransactionRequired


def run_in_transaction(work: Callable[[], T], *, join: bool = False) -> T:
    """Run `work` in one transaction of its own and return what it returns, retrying what lost a race.

    `work` may run several times and must only touch the database. With `join`, a caller that already has a
    transaction keeps it, and its owner retries. Raises StockBusy when the bounded retries are used up,
    CommitUnknown when the connection was lost during COMMIT, and whatever `work` raises; in all these cases
    but CommitUnknown nothing was changed.
    """
    if join and connection.in_atomic_block:
        return work()
    give_up_at = time.monotonic() + _MAX_SECONDS
    for attempt in range(_MAX_ATTEMPTS):
        try:
            return _run_once(work)
        except StockConflict:
            count("conflicts")
        except OperationalError as error:
            _prepare_retry(error)
        count("retries")
        if time.monotonic() > give_up_at:
            break
        _pause(attempt)
    count("given_up")
    raise StockBusy("too many concurrent changes to the same rows")


def _run_once(work: Callable[[], T]) -> T:
    committing = False
    try:
        with transaction.atomic(durable=True):
            result = work()
            committing = True
    except OperationalError as error:
        if committing and error.args[0] in _LOST:
            raise _give_up_commit() from error
        raise
    return result


def can_commit() -> bool:
    """Say whether `execute_and_commit` may be called here: in a transaction that is part of no other."""
    return connection.in_atomic_block and not connection.savepoint_ids


def execute_and_commit(statements: Sequence[Statement]) -> None:
    """Send the last statements of a transaction, and COMMIT, in one packet.

    What they lock is held for no round trip, and for no wait of this thread for the interpreter: the server
    goes from the last write to COMMIT by itself. Nothing may be sent before the caller of
    `run_in_transaction` has its result. Raises GuardClosed, and what else the statements raise, when the
    transaction is still open; CommitUnknown if the connection was lost. Needs a transaction: see
    `can_commit`.
    """
    try:
        execute_together([*statements, _COMMIT])
    except OperationalError as error:
        if error.args[0] in _LOST:
            # How far the server got is unknown, and it goes on to COMMIT although nobody listens.
            raise _give_up_commit() from error
        raise
    connection.connection.note_committed()


def execute_last(statements: Sequence[Statement]) -> None:
    """Send the last statements of a transaction: with its COMMIT, where that may be sent here.

    As for `execute_and_commit`, nothing may be sent before the caller of `run_in_transaction` has its result.
    """
    if can_commit():
        execute_and_commit(statements)
    else:
        execute_together(statements)


def _give_up_commit() -> CommitUnknown:
    connection.close()
    count("unknown_commits")
    return CommitUnknown("the connection was lost during COMMIT")


def _prepare_retry(error: OperationalError) -> None:
    """Count a retryable error and make the connection usable again, or raise the error."""
    code = error.args[0] if error.args else None
    if code in _RETRYABLE:
        count(_RETRYABLE[code])
    elif code in _LOST:
        count("connections_lost")
        connection.close()
    else:
        raise error


def _pause(attempt: int) -> None:
    # Full jitter: losers that wake together would only collide again.
    ceiling = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2**attempt)
    time.sleep(random.uniform(0, ceiling))  # noqa: S311 - jitter is no secret
