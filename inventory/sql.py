"""INSERT statements derived once from the models' own metadata.

Building ORM queries for the three inserts of a checkout costs about 2 ms of CPU an order; the same rows by
plain cursor a quarter of that (docs/adr/0010). The models stay the one description of the tables: column
names are read from them, and a column that is forgotten stops the start.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, models

from inventory.errors import GuardClosed


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that returns no rows, ready to be sent; `matches` is how many rows it must match."""

    sql: str
    parameters: Sequence[Any]
    matches: int | None = None

    def or_update(self, changes: str) -> "Statement":
        """Return this INSERT as an upsert, row by row in its own order.

        In `changes`, `{column}` stands for the value that would have been inserted.
        """
        # MySQL is about to drop the function, and MariaDB does not know the alias.
        is_mariadb = connection.mysql_is_mariadb  # type: ignore[attr-defined]
        alias, new = ("", "VALUES(`{}`)") if is_mariadb else (" AS new", "new.`{}`")
        changes = re.sub(r"\{(\w+)\}", lambda column: new.format(column[1]), changes)
        return replace(self, sql=f"{self.sql}{alias} ON DUPLICATE KEY UPDATE {changes}")


class RowInsert:
    """Inserts rows of one model, given as tuples in the order of `fields`.

    `constants` are the columns that every row fills alike, as SQL literals. Values are passed to the driver
    as they are, but aware datetimes, which are stored as naive UTC like Django does. JSON values must come
    already encoded.
    """

    def __init__(
        self, model: type[models.Model], fields: Sequence[str], *, constants: Mapping[str, str] | None = None
    ) -> None:
        constants = constants or {}
        columns = [_find_column(model, name) for name in (*fields, *constants)]
        if missing := {field.column for field in model._meta.concrete_fields if field.column} - set(columns):
            raise ValueError(f"{model.__name__}: no value for {', '.join(sorted(missing))}")
        names = ", ".join(f"`{column}`" for column in columns)
        self._head = f"INSERT INTO `{model._meta.db_table}` ({names}) VALUES "  # noqa: S608 - the models' own names
        self._row = "(" + ", ".join([*["%s"] * len(fields), *constants.values()]) + ")"

    def prepare(self, rows: Sequence[Sequence[Any]]) -> Statement:
        """Return one statement that inserts all rows."""
        values = [to_driver(value) for row in rows for value in row]
        return Statement(self._head + ", ".join([self._row] * len(rows)), values)


def execute_together(statements: Sequence[Statement]) -> int:
    """Send statements in one packet, which takes one round trip; return how many rows the last one matched.

    The server runs them in order and stops at the first that fails, whose error is raised. Raises GuardClosed
    after all of them if one matched other than the rows it must. Needs a transaction if they belong together.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "; ".join([statement.sql for statement in statements]),
            [value for statement in statements for value in statement.parameters],
        )
        matched = [cursor.rowcount]
        # The reply to each statement has to be fetched: an error is raised here.
        while cursor.nextset():
            matched.append(cursor.rowcount)
    for statement, count in zip(statements, matched, strict=True):
        if statement.matches not in (None, count):
            raise GuardClosed(statement.sql)
    return int(matched[-1])


def _find_column(model: type[models.Model], name: str) -> str:
    column: str | None = model._meta.get_field(name).column  # type: ignore[union-attr]
    if column is None:
        raise ValueError(f"{model.__name__}.{name} is not a column")
    return column


def to_driver(value: Any) -> Any:
    """Return a value as the driver takes it fastest: an aware datetime as naive UTC, as Django stores it."""
    if type(value) is dt.datetime:
        # As text, because the driver takes ten times as long to write a datetime down.
        return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ")
    return value


def placeholders(values: Iterable[object]) -> str:
    """Return `%s, %s, ...`, one for each value."""
    return ", ".join("%s" for _ in values)
