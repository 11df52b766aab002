"""System checks: can this database keep the shop's promises, and is every locking strategy one."""

import inspect
from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connections

from inventory.locking import registry
from inventory.locking.servers import describe_server, has_skip_locked
from inventory.models import StockItem, StockSlice

_ISOLATION: Final = "read committed"
_CHECKED_MODELS: Final = (StockItem, StockSlice)


@register("inventory")
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Look at the settings of the default database, without connecting to it."""
    connection = connections["default"]
    if connection.vendor != "mysql":
        return [
            Error(
                f"The database engine is {connection.settings_dict['ENGINE']}.",
                hint="Use MySQL or MariaDB: DATABASE_URL=mysql://user:password@host:3306/name.",
                id="inventory.E001",
            )
        ]
    level = str(connection.settings_dict["OPTIONS"].get("isolation_level") or "").lower()
    if level == _ISOLATION:
        return []
    return [
        Error(
            f"The isolation level is {level or 'not set'}.",
            hint="Set OPTIONS['isolation_level'] to 'read committed': retries must see new commits.",
            id="inventory.E002",
        )
    ]


@register("inventory")
def check_lines(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Look whether the line for a stock item lets anybody in."""
    least = {"STOCK_LINE_AT_WORK": 1, "STOCK_LINE_WAITING": 0, "STOCK_LINE_SECONDS": 0}
    return [
        Error(
            f"{name} is {getattr(settings, name)}: nobody could order anything that others order too.",
            hint=f"Set it to {at_least} or more.",
            id="inventory.E006",
        )
        for name, at_least in least.items()
        if getattr(settings, name) < at_least
    ]


@register("inventory")
def check_strategies(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Look whether what is registered as a locking strategy can act as one."""
    longest = StockItem._meta.get_field("locking_strategy").max_length
    return [
        Error(
            f"The locking strategy {strategy!r} {problem}.",
            hint="See LockingStrategy in inventory/locking/base.py.",
            id="inventory.E003",
        )
        for strategy in registry.list_strategies()
        for problem in _list_problems(strategy, longest or 0)
    ]


@register("inventory", Tags.database)
def check_database(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Ask the database itself: `check --database default`, and every `migrate`."""
    if "default" not in (databases or ()) or connections["default"].vendor != "mysql":
        return []
    try:
        return [*_check_constraints(), *_check_stored_strategies(), *_check_server()]
    except DatabaseError:
        # Not reachable or not migrated: other commands say so better.
        return []


def list_unknown_strategies() -> list[str]:
    """Return the strategies that stock items name and nobody registered. Raises DatabaseError."""
    stored = StockItem.objects.order_by().values_list("locking_strategy", flat=True).distinct()
    return sorted(set(stored) - {strategy.name for strategy in registry.list_strategies()})


def list_unsupported_strategies() -> list[str]:
    """Return the strategies of stock items that this database server cannot carry out.

    Raises DatabaseError.
    """
    if has_skip_locked(describe_server()):
        return []
    needing = [strategy.name for strategy in registry.list_strategies() if strategy.needs_skip_locked]
    stored = StockItem.objects.filter(locking_strategy__in=needing).order_by()
    return sorted(set(stored.values_list("locking_strategy", flat=True)))


def list_missing_constraints() -> list[str]:
    """Return the CHECK constraints of stock items and slices that the database does not enforce.

    Raises DatabaseError.
    """
    tables = connections["default"].introspection.table_names()
    # A table that is still to be migrated lacks nothing.
    models = {model._meta.db_table: model for model in _CHECKED_MODELS if model._meta.db_table in tables}
    wanted = {constraint.name for model in models.values() for constraint in model._meta.constraints}
    with connections["default"].cursor() as cursor:
        if connections["default"].mysql_is_mariadb:  # type: ignore[attr-defined]
            cursor.execute("SELECT @@SESSION.check_constraint_checks")
            if not cursor.fetchone()[0]:
                return sorted(wanted)
            enforced = ""
        else:
            enforced = " AND enforced = 'YES'"
        cursor.execute(
            "SELECT constraint_name FROM information_schema.table_constraints"  # noqa: S608 - two fixed texts
            " WHERE table_schema = DATABASE() AND table_name IN %s AND constraint_type = 'CHECK'" + enforced,
            [tuple(models)],
        )
        return sorted(wanted - {row[0] for row in cursor.fetchall()})


def has_table() -> bool:
    """Say whether stock items have a table yet. Raises DatabaseError."""
    return StockItem._meta.db_table in connections["default"].introspection.table_names()


def _check_constraints() -> list[CheckMessage]:
    if not connections["default"].features.supports_table_check_constraints:
        problem = "This database server does not enforce CHECK constraints."
    elif has_table() and (missing := list_missing_constraints()):
        problem = f"CHECK constraints are missing or not enforced: {', '.join(missing)}."
    else:
        return []
    hint = (
        "Use MySQL 8.0.16, MariaDB 10.6 or newer, run `manage.py migrate`, keep check_constraint_checks on."
    )
    return [Error(problem, hint=hint, id="inventory.E004")]


def _check_stored_strategies() -> list[CheckMessage]:
    if not has_table():
        return []
    return [
        # A warning, so that `migrate` still runs; orders for these items fail until it is registered.
        Warning(
            f"Some stock items use the locking strategy {name!r}, which is not registered.",
            hint="Register it, or choose another strategy for these items in the admin.",
            id="inventory.W005",
        )
        for name in list_unknown_strategies()
    ]


def _check_server() -> list[CheckMessage]:
    if not has_table():
        return []
    return [
        # A warning, so that `migrate` still runs. Nothing is oversold: each claim is guarded besides.
        Warning(
            f"Some stock items use the locking strategy {name!r}; {describe_server()} cannot carry it out.",
            hint="Use MySQL 8.0.1, MariaDB 10.6 or newer, or choose another strategy for these items.",
            id="inventory.W006",
        )
        for name in list_unsupported_strategies()
    ]


def _list_problems(strategy: Any, longest: int) -> list[str]:
    problems = []
    name = getattr(strategy, "name", None)
    if not isinstance(name, str) or not 1 <= len(name) <= longest:
        problems.append(f"needs a name of 1 to {longest} characters")
    if not str(getattr(strategy, "label", "")):
        problems.append("needs a label")
    if not isinstance(getattr(strategy, "combines", None), bool):
        problems.append("does not say whether it combines")
    if not isinstance(getattr(strategy, "needs_skip_locked", None), bool):
        problems.append("does not say whether it needs SKIP LOCKED")
    if not isinstance(getattr(strategy, "is_a_race", None), bool):
        problems.append("does not say whether it is a race")
    return [*problems, *_list_missing_claims(strategy)]


def _list_missing_claims(strategy: Any) -> Iterator[str]:
    for name in ("claim", "prepare_claim"):
        method = getattr(strategy, name, None)
        if not callable(method):
            yield f"has no {name}()"
            continue
        try:
            inspect.signature(method).bind(stock_item_id=1, quantity=1)
        except TypeError:
            yield f"has a {name}() that does not take stock_item_id and quantity"
