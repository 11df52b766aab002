"""INSERT statements derived once from the models' own metadata.

Building ORM queries for the three inserts of a checkout costs about 2 ms of CPU an order; the same rows by plain cursor a
quarter of that (docs/adr/0010). The models stay the one description of the tables: column names and order are read from them.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that returns no rows, ready to be sent."""

    sql: str
    parameters: Sequence[Any]


class RowInsert:
    """Inserts rows of one model, given as tuples in the order of `fields`.

    Values are passed to the driver as they are, but aware datetimes, which are stored as naive UTC like Django does.
    JSON values must come already encoded.
    """

    def __init__(self, model: type[models.Model], fields: Sequence[str]) -> None:
        columns = [model._meta.get_field(name).column for name in fields]  # type: ignore[union-attr]
        concrete = {field.column for field in model._meta.concrete_fields}
        if missing := concrete - set(columns):
            raise ValueError(f"{model.__name__}: no value for {sorted(missing)}")
        names = ", ".join(f"`{column}`" for column in columns)
        self._head = f"INSERT INTO `{model._meta.db_table}` ({names}) VALUES "
        self._row = "(" + ", ".join(["%s"] * len(columns)) + ")"

    def prepare(self, rows: Sequence[Sequence[Any]]) -> Statement:
        """Return one statement that inserts all rows."""
        return Statement(
            self._head + ", ".join([self._row] * len(rows)), [_to_driver(value) for row in rows for value in row]
        )


def execute_together(statements: Sequence[Statement]) -> None:
    """Send statements in one packet: one round trip, and the thread waits for the GIL once instead of after each.

    The server runs them in order and stops at the first that fails, whose error is raised. Needs a transaction if
    they belong together.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "; ".join([statement.sql for statement in statements]),
            [value for statement in statements for value in statement.parameters],
        )
        # The reply to each statement has to be fetched: an error is raised here.
        while cursor.nextset():
            pass


def _to_driver(value: Any) -> Any:
    if type(value) is dt.datetime:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value


def placeholders(values: Iterable[object]) -> str:
    """Return `%s, %s, ...`, one for each value."""
    return ", ".join("%s" for _ in values)
