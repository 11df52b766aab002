"""Tables emptied after a test that commits: those with rows in them, and nothing else is done.

Django's own way empties every table and then has permissions and content types made anew, which takes longer
than most tests do. What the migrations wrote stays here, so that nothing has to be made anew.
"""

from collections.abc import Collection

from django.db import connection


def list_filled_tables() -> list[str]:
    """Return the names of the tables that have rows. One query."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quoted = [connection.ops.quote_name(name) for name in [*names, "django_migrations"]]
    looks = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in quoted]  # noqa: S608 - our own
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        return [name.strip("`") for (name,) in cursor.fetchall()]


def empty_tables(*, but: Collection[str]) -> None:
    """Delete every row of every table, except those named."""
    filled = [connection.ops.quote_name(name) for name in list_filled_tables() if name not in but]
    if not filled:
        return
    with connection.cursor() as cursor:
        cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
        for name in filled:
            cursor.execute(f"DELETE FROM {name}")  # noqa: S608 - our own
        cursor.execute("SET FOREIGN_KEY_CHECKS = 1")
