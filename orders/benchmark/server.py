"""What the numbers were measured on: they mean little without it."""

import os
import platform

from django.db import connection

from inventory.sql import placeholders

_DURABILITY = (
    "log_bin",
    "sync_binlog",
    "innodb_flush_log_at_trx_commit",
    "innodb_flush_method",
    "binlog_format",
)
_ISOLATION = ("transaction_isolation", "tx_isolation")


def describe_server() -> str:
    """Return the server's version as it reports it, with the product's name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        version: str = cursor.fetchone()[0]
    return version if connection.display_name in version else f"{connection.display_name} {version}"


def describe_durability() -> dict[str, str]:
    """Return the settings that decide what a COMMIT costs, and the isolation level of the shop's sessions."""
    names = (*_DURABILITY, *_ISOLATION)
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW VARIABLES WHERE Variable_name IN ({placeholders(names)})", names)
        found: dict[str, str] = dict(cursor.fetchall())
    facts = {name: found[name] for name in _DURABILITY if name in found}
    facts["isolation"] = next(found[name] for name in _ISOLATION if name in found)
    return facts


def describe_machine() -> str:
    """Return processor count and Python version."""
    return f"{os.cpu_count()} CPUs, Python {platform.python_version()}"
