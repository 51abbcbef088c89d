"""Tables and queries of databases are read like files."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pytest

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.transactions import TransactionLog, read_transactions

TABLE = "CREATE TABLE orders (who TEXT, placed TIMESTAMP, paid DECIMAL(9, 3))"
ROWS = [("7", "2024-01-05 10:00:00", 1.234), ("007", "2024-01-06 11:00:00", 100.0)]
BLANK = (None, "2024-01-07 00:00:00", 5.0)


def read(address: str, **settings: Any) -> TransactionLog:
    columns = {"customer_id": "who", "timestamp": "placed", "amount": "paid"}
    data = {"transactions": address, "columns": columns, **settings}
    return read_transactions(PurchaseData.model_validate(data))


def check(found: TransactionLog) -> None:
    assert found.lines["customer_id"].tolist() == ["7", "007"]
    # a database's point is a point: nothing has to be settled
    assert found.lines["amount"].tolist() == [1.234, 100.0]
    assert found.counts["guest_rows_dropped"] == 1


def test_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(TABLE)
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", [*ROWS, BLANK])
    check(read(f"sqlite:///{path}?table=orders"))
    query = quote("SELECT * FROM orders WHERE who IS NULL OR paid > 0")
    check(read(f"sqlite:///{path}?query={query}"))


def test_duckdb(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(TABLE)
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", [*ROWS, BLANK])
    check(read(f"duckdb:///{path}?table=main.orders"))


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("sqlite:///gone.db?table=orders", r"gone\.db: no such database file"),
        ("sqlite:///{path}?table=nothing", "cannot be read: no such table: nothing"),
        ("sqlite:///{path}", r"must name either \?table= or \?query="),
        ("sqlite://{path}?table=orders", "must name a file after three slashes"),
        ("oracle://h/d?table=orders", "is no address that data.transactions reads"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, address: str, sentence: str
) -> None:
    path = tmp_path / "shop.db"
    sqlite3.connect(path).close()
    path.touch()
    with pytest.raises(DataError, match=sentence):
        read(address.format(path=path.name if "://{" in address else path))


def test_a_password_is_not_shown_and_not_recorded() -> None:
    address = "postgresql://me:s3cret@localhost:1/shop?table=orders&password=s3cret"
    columns = {"customer_id": "who", "timestamp": "placed", "amount": "paid"}
    data = PurchaseData.model_validate({"transactions": address, "columns": columns})
    assert "s3cret" not in data.model_dump_json()
    with pytest.raises(DataError, match=r"postgresql://me@localhost:1/shop") as caught:
        read_transactions(data)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("password", ["s3%cret", "s3/s:s%cret", "a@s3%cret"])
def test_a_password_that_is_not_encoded_is_not_shown_in_part(password: str) -> None:
    with pytest.raises(DataError, match="cannot be read") as caught:
        read(f"postgresql://me:{password}@localhost:1/shop?table=orders")
    assert "cret" not in str(caught.value)
