"""A second session on the test database: somebody else, who commits and locks while the test looks on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def second_session() -> Iterator[BaseDatabaseWrapper]:
    """Give a connection of its own, in autocommit, and close it afterwards."""
    other = connection.copy()
    try:
        yield other
    finally:
        other.close()


def run_sql(sql: str, *params: Any, session: Any = connection) -> list[tuple]:
    """Run one statement and return its rows, if it has any. This is how tests damage the books."""
    with session.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall()) if cursor.description else []
