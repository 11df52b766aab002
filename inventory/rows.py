"""Rows of a model read and changed by plain statements, derived once from the model's own metadata.

What `inventory.sql` does for inserts. The ORM builds the text of a query anew each time it is asked, and that
takes longer than everything else about one row (docs/adr/0010).
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection, models

from inventory.sql import Statement, find_column, to_driver

Row = TypeVar("Row", bound=models.Model)


class RowRead(Generic[Row]):
    """Reads rows of one model as its instances."""

    def __init__(self, model: type[Row]) -> None:
        self._model = model
        self._fields = [field for field in model._meta.concrete_fields if field.column]
        columns = ", ".join(f"`{field.column}`" for field in self._fields)
        table = f"FROM `{model._meta.db_table}`"
        self._head, self._look = f"SELECT {columns} {table} ", f"SELECT 1 {table}"

    def fetch(self, ending: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return the rows for an ending such as `WHERE id = %s FOR UPDATE`. One statement."""
        with connection.cursor() as cursor:
            cursor.execute(self._head + ending, [to_driver(value) for value in parameters])
            found = cursor.fetchall()
        return [self._build(list(values)) for values in found]

    def find(self, ending: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Return the first of these rows, or None."""
        return next(iter(self.fetch(ending, parameters)), None)

    def get(self, ending: str, parameters: Sequence[Any] = ()) -> Row:
        """Return the first of these rows. Raises the model's DoesNotExist."""
        if (row := self.find(ending, parameters)) is None:
            raise self._model.DoesNotExist  # type: ignore[attr-defined]
        return row

    def exists(self, ending: str, parameters: Sequence[Any] = ()) -> bool:
        """Say whether there are rows for an ending such as `WHERE id = %s`. One statement."""
        with connection.cursor() as cursor:
            cursor.execute(f"{self._look} {ending} LIMIT 1", [to_driver(value) for value in parameters])
            return cursor.fetchone() is not None

    def _build(self, values: list[Any]) -> Row:
        for position, convert in self._converters:
            values[position] = convert(values[position])
        return self._model.from_db(connection.alias, self._names, values)

    @cached_property
    def _names(self) -> list[str]:
        return [field.attname for field in self._fields]

    @cached_property
    def _converters(self) -> list[tuple[int, Callable[[Any], Any]]]:
        """Return what makes of a column's value what the model's field holds, by the column's position."""
        return [
            (position, _bind(convert, field.cached_col))
            for position, field in enumerate(self._fields)
            for convert in (
                *connection.ops.get_db_converters(field.cached_col),
                *field.cached_col.get_db_converters(connection),
            )
        ]


class RowUpdate:
    """Changes rows of one model; `where` is the guard, with placeholders."""

    def __init__(self, model: type[models.Model], fields: Sequence[str], *, where: str) -> None:
        changes = ", ".join(f"`{find_column(model, name)}` = %s" for name in fields)
        self._sql = f"UPDATE `{model._meta.db_table}` SET {changes} WHERE {where}"  # noqa: S608 - the model's own names

    def prepare(
        self, values: Sequence[Any], which: Sequence[Any], *, matches: int | None = None
    ) -> Statement:
        """Return the statement; `values` are in the order of the fields, `which` fills the guard."""
        parameters = [to_driver(value) for value in (*values, *which)]
        return Statement(self._sql, parameters, matches=matches)


def _bind(convert: Callable[..., Any], expression: Any) -> Callable[[Any], Any]:
    return lambda value: convert(value, expression, connection)
