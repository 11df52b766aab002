"""Drops a test database and the copies parallel workers made of it. Runs inside the virtual environment.

Usage: python -m scripts.drop_databases NAME   (DATABASE_URL says where; NAME must begin with `test_`)
"""

import argparse
import os

import environ
import MySQLdb


def main() -> None:
    """Drop NAME and every database called NAME_something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    name = parser.parse_args().name
    if not name.startswith("test_"):
        parser.error("only names that begin with test_ are dropped")
    where = environ.Env.db_url_config(os.environ["DATABASE_URL"])
    connection = MySQLdb.connect(
        host=where["HOST"] or "localhost",
        port=int(where["PORT"] or 3306),
        user=where["USER"] or None,
        password=where["PASSWORD"] or "",
        **where.get("OPTIONS", {}),
    )
    cursor = connection.cursor()
    cursor.execute("SELECT schema_name FROM information_schema.schemata")
    for (found,) in cursor.fetchall():
        if found == name or found.startswith(f"{name}_"):
            cursor.execute(f"DROP DATABASE `{found}`")
    connection.close()


if __name__ == "__main__":
    main()
