"""Durability for the time of a benchmark: what of it can be changed while the server runs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from django.db import DatabaseError, connection

from orders.benchmark.server import read_variables

AS_IS: Final = "as-is"
_PROFILES: Final[Mapping[str, Mapping[str, int]]] = {
    "strict": {"innodb_flush_log_at_trx_commit": 1, "sync_binlog": 1},
    "relaxed": {"innodb_flush_log_at_trx_commit": 2, "sync_binlog": 0},
}
PROFILES: Final = (AS_IS, *_PROFILES)


class DurabilityNotChanged(Exception):
    """The server refuses to change its durability; the message says what to do."""


@contextmanager
def use_durability(profile: str) -> Iterator[None]:
    """Make COMMIT as durable as the profile says for the time of the block, for everybody on this server.

    `as-is` changes nothing. Whether there is a binary log is decided when the server starts and only
    reported. Raises DurabilityNotChanged.
    """
    if profile == AS_IS:
        yield
        return
    wanted = _PROFILES[profile]
    before = {name: int(value) for name, value in read_variables(list(wanted)).items()}
    # A right that is missing is found out here, before anything was changed.
    _set_globals(before)
    try:
        _set_globals(wanted)
        yield
    finally:
        _set_globals(before)


def _set_globals(values: Mapping[str, int]) -> None:
    for name, value in values.items():
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET GLOBAL {name} = {value}")
        except DatabaseError as error:
            raise DurabilityNotChanged(
                f"This user may not set {name} ({error}). Take a user with the right to set global variables"
                " (SUPER, BINLOG ADMIN or SYSTEM_VARIABLES_ADMIN), or measure --durability as-is."
            ) from error
