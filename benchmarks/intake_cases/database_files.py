"""Cases of SQLite and DuckDB: tables, views and queries."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb

from benchmarks.intake_cases.case import TWO, Case, refused, right


def _sqlite(*statements: str) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            for each in statements:
                connection.execute(each)

    return write


def _duckdb(*statements: str) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with duckdb.connect(str(path)) as connection:
            for each in statements:
                connection.execute(each)

    return write


MAKE = 'CREATE TABLE "the orders" (customer_id, timestamp TEXT, amount NUMERIC)'
FILL = "INSERT INTO \"the orders\" VALUES ('u', '2024-01-05', 10), ('v', '2024-01-06', '20.5')"
NOTES = """CREATE TABLE notes AS SELECT *, 'C:\\"' AS path FROM "the orders" """
TYPED = MAKE.replace("customer_id,", "customer_id HUGEINT,").replace("TEXT", "DATE")
CASES: tuple[Case, ...] = (
    right("sqlite-quoted-name", _sqlite(MAKE, FILL), TWO, file="shop.db",
          transactions="sqlite:///shop.db?table=the%20orders"),
    right("sqlite-view", _sqlite(MAKE, FILL, 'CREATE VIEW v AS SELECT * FROM "the orders"'), TWO,
          file="shop.db", transactions="sqlite:///shop.db?table=v"),
    right("sqlite-schema", _sqlite(MAKE, FILL), TWO, file="shop.db",
          transactions="sqlite:///shop.db?table=main.the orders"),
    right("sqlite-affinity", _sqlite(MAKE, FILL, "INSERT INTO \"the orders\" VALUES "
          "(7, '2024-01-05', 1), (7.0, '2024-01-06', 2), ('7', '2024-01-07', 3)"),
          {**TWO, "7": 6}, file="shop.db", transactions="sqlite:///shop.db?table=the orders"),
    right("sqlite-backslash", _sqlite(MAKE, FILL, NOTES), TWO, file="shop.db",
          transactions="sqlite:///shop.db?table=notes"),
    right("sqlite-sum-in-query", _sqlite(MAKE, FILL), {"u": 11, "v": 21.5}, file="shop.db",
          transactions='sqlite:///shop.db?query=SELECT customer_id, timestamp, amount+1 AS amount '
          'FROM "the orders"'),
    refused("sqlite-unknown-option", _sqlite(MAKE, FILL), "where", file="shop.db",
            transactions="sqlite:///shop.db?table=the orders&where=amount>15"),
    refused("sqlite-percent", _sqlite(MAKE, FILL), "%25", file="shop.db", transactions=
            "sqlite:///shop.db?query=SELECT * FROM \"the orders\" WHERE customer_id LIKE '%de%'"),
    refused("sqlite-write", _sqlite(MAKE, FILL), "cannot be read", file="shop.db",
            transactions='sqlite:///shop.db?query=DELETE FROM "the orders"'),
    refused("sqlite-no-table", _sqlite(MAKE, FILL), "no such table", file="shop.db",
            transactions="sqlite:///shop.db?table=orders"),
    refused("sqlite-is-no-database", lambda path: path.write_text("x" * 999), "cannot be read",
            file="shop.db", transactions="sqlite:///shop.db?table=orders"),
    right("duckdb-hugeint", _duckdb(TYPED, FILL.replace("'u'", "7").replace("'v'", "8")),
          {"7": 10, "8": 20.5}, file="shop.duckdb",
          transactions="duckdb:///shop.duckdb?table=main.the orders"),
    right("duckdb-hugeint-exact", _duckdb(TYPED, FILL.replace("'u'", "12345678901234567891")
          .replace("'v'", "8")), {"12345678901234567891": 10, "8": 20.5}, file="shop.duckdb",
          transactions="duckdb:///shop.duckdb?table=the orders"),
    refused("duckdb-no-table", _duckdb(TYPED), "does not exist", file="shop.duckdb",
            transactions="duckdb:///shop.duckdb?table=orders"),
)  # fmt: skip
