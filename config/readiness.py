"""Whether what the shop stands on is there: the database, its tables, Redis."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django_redis import get_redis_connection
from redis.exceptions import RedisError

OK: Final = "ok"
_UNREACHABLE: Final = "unreachable"
_migrated = False


@dataclass(frozen=True, slots=True)
class Readiness:
    """The answer of each check by its name: "ok", or in a word what is wrong."""

    checks: Mapping[str, str]

    @property
    def is_ready(self) -> bool:
        """Whether orders can be taken. Redis is not asked: it is never the truth."""
        return self.checks["database"] == OK and self.checks["migrations"] == OK

    @property
    def status(self) -> str:
        """ "ok", "degraded" or "unready"."""
        if not self.is_ready:
            return "unready"
        return OK if self.checks["redis"] == OK else "degraded"


def check_readiness() -> Readiness:
    """Ask database, migrations and Redis. Takes a few milliseconds, or as long as connecting may take."""
    database = OK if can_reach_database() else _UNREACHABLE
    return Readiness(
        {
            "database": database,
            "migrations": _check_migrations() if database == OK else "unknown",
            "redis": OK if can_reach_redis() else _UNREACHABLE,
        }
    )


def can_reach_database() -> bool:
    """Say whether the database answers a query."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return False
    return True


def can_reach_redis() -> bool:
    """Say whether Redis answers."""
    try:
        return bool(get_redis_connection("default").ping())
    except (RedisError, OSError):
        return False


def list_missing_migrations() -> list[str]:
    """Return the migrations this code needs and the database has not had. Raises DatabaseError."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def _check_migrations() -> str:
    # Reading every migration file costs; once applied, they stay applied for as long as this code runs.
    global _migrated  # noqa: PLW0603 - one answer per process is the point
    if not _migrated:
        try:
            _migrated = not list_missing_migrations()
        except DatabaseError:
            return _UNREACHABLE
    return OK if _migrated else "missing"
