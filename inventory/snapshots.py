"""Reading many tables as they were at one instant."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def consistent_snapshot() -> Iterator[None]:
    """Make every read inside see the database as it was at the first one, whatever is sold meanwhile.

    Opens a transaction.

    For checks only. The rest of the shop runs at READ COMMITTED, where each statement sees the latest
    commits.
    """
    with connection.cursor() as cursor:
        # Without SESSION this holds for the next transaction only.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    with transaction.atomic(durable=True):
        yield
