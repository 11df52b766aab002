"""A database for one benchmark, created, migrated and dropped by it: no shop's books see its orders."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import MySQLdb
from django.core.management import call_command
from django.db import connection

from orders.benchmark.reference import open_raw_connection

SUFFIX: Final = "_benchmark"
FULL_SUFFIX: Final = "_full"
_MARKER: Final = "benchmark_scratch"
_LONGEST_NAME: Final = 64
_FORBIDDEN: Final = frozenset({1044, 1045, 1142, 1227})


class NoScratchDatabase(Exception):
    """The benchmark has no database to run in; the message says what to do."""


@contextmanager
def use_scratch_database(*, apps: Sequence[str], suffix: str = SUFFIX) -> Iterator[str]:
    """Point Django's connection at a new database beside its present one; drop it at the end.

    It has the tables of these apps, or of all if none is named. Child processes forked inside the block use
    it too. Raises NoScratchDatabase.
    """
    shop = connection.settings_dict["NAME"]
    name = f"{shop}{suffix}"
    if len(name) > _LONGEST_NAME:
        raise NoScratchDatabase(f"The database name {name} would be too long.")
    admin = open_raw_connection(database=False)
    try:
        _create(admin, name)
        try:
            switch_to_database(name)
            for app in [[app] for app in apps] or [[]]:
                call_command("migrate", *app, verbosity=0)
            yield name
        finally:
            switch_to_database(shop)
            admin.query(f"DROP DATABASE `{name}`".encode())
    finally:
        # Closing gives the name back to the next run.
        admin.close()


def switch_to_database(name: str) -> None:
    """Point Django's connection at another database of the same server."""
    if connection.settings_dict["NAME"] != name:
        connection.close()
        connection.settings_dict["NAME"] = name


def _create(admin: Any, name: str) -> None:
    if _read_one(admin, "SELECT GET_LOCK(%s, 0)", name) != 1:
        raise NoScratchDatabase("Another benchmark is running against this server; wait for it.")
    try:
        if _read_one(admin, "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = %s", name):
            _drop_leftover(admin, name)
        admin.query(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4".encode())
        admin.query(f"CREATE TABLE `{name}`.{_MARKER} (id INT PRIMARY KEY)".encode())
    except MySQLdb.OperationalError as error:
        if error.args[0] not in _FORBIDDEN:
            raise
        raise NoScratchDatabase(
            f"The benchmark runs in a database of its own, {name}, which this user may not create. "
            f"Let an administrator run: GRANT ALL PRIVILEGES ON `{name}`.* TO the user of DATABASE_URL."
        ) from error


def _drop_leftover(admin: Any, name: str) -> None:
    """Drop what a killed run left behind, and nothing that a benchmark did not make."""
    marked = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = %s AND table_name = %s"
    if not _read_one(admin, marked, name, _MARKER):
        raise NoScratchDatabase(f"The database {name} exists and is not a benchmark's; rename or drop it.")
    admin.query(f"DROP DATABASE `{name}`".encode())


def _read_one(admin: Any, sql: str, *parameters: object) -> Any:
    cursor = admin.cursor()
    try:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]
    finally:
        cursor.close()
