"""Many rows into one table, in the way that each database takes them fastest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Table


def insert_rows(connection: Connection, table: Table, chunk: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows with a value for each column of the table, in its order."""
    names = ", ".join(column.name for column in table.columns)
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {table.name} ({names}) FROM STDIN", chunk)
        return
    marks = ", ".join("?" for _ in table.columns)
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"
    connection.exec_driver_sql(statement, list(chunk))


def refresh_plans(connection: Connection, table: Table) -> None:
    """Tell PostgreSQL of the new rows at once.

    It would take a minute to notice, and until then read a whole batch to find one customer.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ANALYZE {table.name}")


def _copy(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
