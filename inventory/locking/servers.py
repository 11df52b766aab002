"""Which database servers a strategy can rely on."""

import re
from typing import Final

from django.db import connections

_FIRST_MARIADB: Final = (10, 6)
_FIRST_MYSQL: Final = (8, 0, 1)


def describe_server() -> str:
    """Return the server's version as it reports it. Connects, once. Raises DatabaseError."""
    version: str = connections["default"].mysql_server_info  # type: ignore[attr-defined]
    return version


def has_skip_locked(version: str) -> bool:
    """Say whether `SELECT ... FOR UPDATE SKIP LOCKED` does what it says on a server of this version.

    MariaDB has it from 10.6 on, MySQL from 8.0.1 on. TiDB understands it and locks nothing.
    """
    # The second number, if there are two: some MariaDB servers call themselves 5.5.5 first.
    found = re.findall(r"\d+\.\d+(?:\.\d+)?", version)
    if not found or "tidb" in version.lower():
        return False
    if "mariadb" in version.lower():
        return _parse(found[1] if found[0] == "5.5.5" and len(found) > 1 else found[0]) >= _FIRST_MARIADB
    return _parse(found[0]) >= _FIRST_MYSQL


def _parse(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
