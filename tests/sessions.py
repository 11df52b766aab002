"""A second session on the test database: somebody else, who commits and locks while the test looks on."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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


@contextmanager
def row_held(table: str, row_id: int, *, change: str = "SELECT id FROM") -> Iterator[None]:
    """Let somebody else hold a row, until the end, when what they did to it is committed."""
    with second_session() as other:
        run_sql("BEGIN", session=other)
        lock = " FOR UPDATE" if change.startswith("SELECT") else ""
        run_sql(f"{change} {table} WHERE id = %s{lock}", row_id, session=other)
        yield
        run_sql("COMMIT", session=other)


def wait_for_statement(beginning: str) -> None:
    """Return once some session is at a statement that begins like this."""
    at_it = "SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE %s"
    give_up_at = time.monotonic() + 20
    while not run_sql(at_it, f"{beginning}%"):
        assert time.monotonic() < give_up_at, f"nobody came to {beginning}"


def start_thread(pool: ThreadPoolExecutor, work: Callable[[], Any]) -> "Future[Any]":
    """Do something in another thread, on a connection of its own that is closed afterwards."""

    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return pool.submit(run)
