"""What the numbers were measured on: they mean little without it."""

import os
import platform
import statistics
import time
from collections.abc import Sequence
from typing import Final

from django.db import connection

from inventory.sql import placeholders

_DURABILITY: Final = (
    "log_bin",
    "sync_binlog",
    "innodb_flush_log_at_trx_commit",
    "innodb_flush_method",
    "binlog_format",
)
_ISOLATION: Final = ("transaction_isolation", "tx_isolation")
_COMMITS: Final = 100
_SPARE_CONNECTIONS: Final = 5
_MEGABYTE: Final = 1024 * 1024


class TooManyClients(Exception):
    """The server does not take as many connections as there are clients; the message has the numbers."""


def describe_server() -> str:
    """Return the server's version as it reports it, with the product's name."""
    version = read_variables(["version"])["version"]
    return version if connection.display_name in version else f"{connection.display_name} {version}"


def describe_durability() -> dict[str, str]:
    """Return the settings that decide what a COMMIT costs, and the isolation level of the shop's sessions."""
    found = read_variables((*_DURABILITY, *_ISOLATION))
    facts: dict[str, str] = {name: found[name] for name in _DURABILITY if name in found}
    facts["isolation"] = next(found[name] for name in _ISOLATION if name in found)
    return facts


def describe_machine() -> str:
    """Return processor count and Python version."""
    return f"{os.cpu_count()} CPUs, Python {platform.python_version()}"


def measure_commit_ms() -> float:
    """Return the median time of a one-row transaction, nothing else going on. Needs the scratch database."""
    times = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE benchmark_commits (id INT PRIMARY KEY) ENGINE=InnoDB")
        for number in range(_COMMITS):
            began = time.perf_counter()
            cursor.execute("INSERT INTO benchmark_commits VALUES (%s)", [number])
            times.append(time.perf_counter() - began)
        cursor.execute("DROP TABLE benchmark_commits")
    return round(1000 * statistics.median(times), 3)


def describe_tables() -> dict[str, str]:
    """Return rows (the server's estimate) and size of a checkout's tables, and that of the buffer pool."""
    names = ("orders_order", "orders_orderline", "inventory_stockmovement")
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE TABLE {', '.join(names)}")
        cursor.fetchall()
        cursor.execute(
            "SELECT table_name, table_rows, data_length + index_length FROM information_schema.tables"
            " WHERE table_schema = DATABASE() AND table_name IN (%s, %s, %s) ORDER BY 1",
            names,
        )
        facts = {name: f"{rows} rows, {size // _MEGABYTE} MB" for name, rows, size in cursor.fetchall()}
    pool = int(read_variables(["innodb_buffer_pool_size"])["innodb_buffer_pool_size"])
    return {**facts, "innodb_buffer_pool_size": f"{pool // _MEGABYTE} MB"}


def require_connections(*, clients: int) -> None:
    """Raise TooManyClients unless the server takes a connection, or two, for each of so many clients."""
    most = int(read_variables(["max_connections"])["max_connections"])
    with connection.cursor() as cursor:
        cursor.execute("SHOW GLOBAL STATUS LIKE 'Threads_connected'")
        used = int(cursor.fetchone()[1])
    # The references pay and cancel over a second connection, the shop's own.
    wanted = 2 * clients + _SPARE_CONNECTIONS
    if used + wanted > most:
        raise TooManyClients(
            f"{clients} clients take up to {wanted} connections; the server has {most} (max_connections), of "
            f"which {used} are in use. Raise max_connections or lower --clients."
        )


def read_variables(names: Sequence[str]) -> dict[str, str]:
    """Return those of the server's variables that it has, as this session sees them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW VARIABLES WHERE Variable_name IN ({placeholders(names)})", list(names))
        found: dict[str, str] = dict(cursor.fetchall())
    return found
