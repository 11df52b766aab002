"""INSERT statements derived once from the models' own metadata.

Building ORM queries for the three inserts of a checkout costs about 2 ms of CPU an order; the same rows by
plain cursor a quarter of that (docs/adr/0010). The models stay the one description of the tables: column
names are read from them, and a column that is forgotten stops the start.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import OperationalError, connection, models

from inventory.errors import GuardClosed


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that returns no rows, ready to be sent; `matches` is how many rows it must match."""

    sql: str
    parameters: Sequence[Any] = ()
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

    def or_leave(self, key: str) -> "Statement":
        """Return this INSERT leaving rows as they are that are there already; `key` is their primary key.

        Unlike INSERT IGNORE it leaves no other error unsaid, such as a text that would be cut to fit.
        """
        return replace(self, sql=f"{self.sql} ON DUPLICATE KEY UPDATE `{key}` = `{key}`")


# Behind a statement that must match a number of rows, it ends the packet unless they were matched, so that
# nothing behind it is carried out, a COMMIT above all. An error is what stops a packet, and a subquery of two
# rows is one on MySQL and MariaDB alike (within DO, MariaDB would swallow it).
_REQUIRE_MATCHED: Final = "SET @matched = IF(ROW_COUNT() = %s, 1, (SELECT 1 UNION ALL SELECT 2))"
_SUBQUERY_HAS_TWO_ROWS: Final = 1242


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
        columns = [find_column(model, name) for name in (*fields, *constants)]
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

    The server runs them in order and stops at the first that fails, whose error is raised: GuardClosed if one
    did not match the rows it must. What ran before it stands, in a transaction that is still open. Needs a
    transaction if they belong together.
    """
    sent = [one for statement in statements for one in _with_check(statement)]
    done = 0
    with connection.cursor() as cursor:
        try:
            cursor.execute(
                "; ".join([statement.sql for statement in sent]),
                [value for statement in sent for value in statement.parameters],
            )
            done, driver = 1, connection.connection
            # The answer to each statement has to be fetched, and straight from the driver: a cursor has ten
            # times as much to do for each.
            with connection.wrap_database_errors:
                matched = driver.affected_rows()
                while driver.go_on():
                    matched = driver.affected_rows()
                    done += 1
        except OperationalError as error:
            if error.args[0] == _SUBQUERY_HAS_TWO_ROWS:
                closed = next(n for n, statement in enumerate(statements) if statement is sent[done - 1])
                raise GuardClosed(closed) from error
            raise
    # Of a statement that has a check, the last answer is the check's.
    must_match = statements[-1].matches
    return int(matched if must_match is None else must_match)


def _with_check(statement: Statement) -> list[Statement]:
    if statement.matches is None:
        return [statement]
    return [statement, Statement(_REQUIRE_MATCHED, (statement.matches,))]


def find_column(model: type[models.Model], name: str) -> str:
    """Return the name of a field's column. Raises ValueError if it has none."""
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
