"""A table or a query of a PostgreSQL is read like any other source, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pandas as pd
import psycopg
import pytest

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.transactions import TransactionLog, read_transactions
from tests.postgresql_server import PASSWORD

COLUMNS = {"customer_id": "who", "timestamp": "placed", "amount": "paid", "order_id": "number"}
ORDERS = """\
CREATE TABLE "Orders" (
    who uuid, placed timestamptz, paid numeric(12, 3), number bigint, country char(5), test boolean,
    note text, day date, at timestamp, share double precision
);
INSERT INTO "Orders" VALUES
    ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2024-01-05 10:00+02', 1.234, 9007199254740993, 'DE',
     false, 'said "no, thanks"' || chr(10) || 'twice', '2024-01-05', '2024-01-05 23:30', 0.1),
    ('b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2024-01-06 00:00:00.5-05', 100, 2, '', NULL,
     NULL, NULL, '2024-01-06', 7),
    (NULL, '2024-01-07', 5, 3, NULL, false, 'NULL', '2024-01-07', '2024-01-07', 7),
    ('c0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2024-01-08', 9, 4, 'FR', true, '', '2024-01-08',
     '2024-01-08', 1e300);
"""
ESCAPE = 'COMMIT; SET default_transaction_read_only = off; DROP TABLE "Orders"'
READ = [
    ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "2024-01-05T08:00:00", 1.234),
    ("b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "2024-01-06T05:00:00.500000", 100.0),
    ("c0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "2024-01-08T00:00:00", 9.0),
]


@pytest.fixture(scope="module")
def shop(postgresql: str) -> str:
    """The address of a schema with orders, and another place in its settings than the usual."""
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA shop")
        connection.execute("SET search_path = shop")
        connection.execute("SET timezone = 'UTC'")
        connection.execute(ORDERS.encode())
        connection.execute("CREATE SEQUENCE visits")
    return f"{postgresql}&options=-csearch_path%3Dshop%20-cdatestyle%3DGerman%20-ctimezone%3DJapan"


@pytest.fixture
def read() -> Callable[..., TransactionLog]:
    def read(address: str, **settings: Any) -> TransactionLog:
        columns = COLUMNS | settings.pop("columns", {})
        data = {"transactions": address, "columns": columns, **settings}
        return read_transactions(PurchaseData.model_validate(data))

    return read


def rows(log: TransactionLog) -> list[tuple[str, str, float]]:
    at = [pd.Timestamp(us, unit="us").isoformat() for us in log.lines["us"]]
    return list(zip(log.lines["customer_id"], at, log.lines["amount"], strict=True))


@pytest.mark.parametrize(
    "what",
    [
        "table=Orders",
        "table=shop.Orders",
        "query=" + quote('SELECT * FROM "Orders"'),
        "query=" + quote('SELECT * FROM "Orders" WHERE paid > 0 ; \n'),
        "query=" + quote('WITH own AS (SELECT * FROM "Orders") SELECT * FROM own -- all of them'),
    ],
)
def test_a_table_or_a_query_is_read_with_the_types_that_a_business_has(
    shop: str, read: Callable[..., TransactionLog], what: str
) -> None:
    found = read(f"{shop}&{what}")
    assert rows(found) == READ
    assert found.counts["guest_rows_dropped"] == 1
    assert found.lines["order_id"].tolist() == ["9007199254740993", "2", "4"]


def test_wall_clock_is_that_of_the_configuration(
    shop: str, read: Callable[..., TransactionLog]
) -> None:
    found = read(f"{shop}&table=Orders", columns={"timestamp": "at"}, timezone="Europe/Berlin")
    assert rows(found)[0][1] == "2024-01-05T22:30:00"


@pytest.mark.parametrize(
    ("settings", "customers"),
    [
        ({"drop": {"test": [True]}}, "ab"),
        ({"keep": {"test": [False]}}, "a"),
        ({"keep": {"country": ["DE"]}}, "a"),
        ({"drop": {"country": [""]}}, "ac"),
    ],
)
def test_rows_are_kept_and_dropped_by_flags_and_padded_texts(
    shop: str, read: Callable[..., TransactionLog], settings: dict[str, Any], customers: str
) -> None:
    found = read(f"{shop}&table=Orders", **settings)
    assert [each[0][0] for each in rows(found)] == list(customers)


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("table=orders", 'relation "orders" does not exist'),
        ("query=" + quote('SELECT 1; DROP TABLE "Orders"'), "syntax error"),
        ("query=" + quote('DELETE FROM "Orders" RETURNING *'), "syntax error"),
        ("query=" + quote("SELECT nextval('visits') AS who"), "read-only transaction"),
        ("query=" + quote("SELECT pg_terminate_backend(pg_backend_pid())"), "terminat"),
        ("query=" + quote(f"SELECT 1) TO STDOUT; {ESCAPE}; COPY (SELECT 2"), "must have an alias"),
        (
            "query=" + quote(f"SELECT 1) AS x; {ESCAPE}; SELECT * FROM (SELECT 2"),
            "multiple commands",
        ),
    ],
)
def test_what_cannot_be_read_or_would_write_is_one_sentence_without_the_password(
    shop: str, read: Callable[..., TransactionLog], what: str, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence) as caught:
        read(f"{shop}&{what}")
    message = str(caught.value)
    assert message.startswith("postgresql://perennial@/postgres?")
    assert "\n" not in message
    assert not any(each in message for each in (PASSWORD, quote(PASSWORD, safe="")))
    assert rows(read(f"{shop}&table=Orders")) == READ


def test_a_value_that_does_not_fit_is_named_by_the_address(
    shop: str, read: Callable[..., TransactionLog]
) -> None:
    with pytest.raises(DataError, match=r"^postgresql://perennial@/postgres\?.*note.* in row 1"):
        read(f"{shop}&table=Orders", columns={"amount": "note"}, missing="drop")


def test_a_wrong_password_is_one_sentence_without_it(
    shop: str, read: Callable[..., TransactionLog]
) -> None:
    wrong = shop.replace(quote(PASSWORD, safe=""), "hunter2")
    with pytest.raises(DataError, match="password authentication failed") as caught:
        read(f"{wrong}&table=Orders")
    assert "hunter2" not in str(caught.value)


def test_many_rows_are_copied(shop: str, read: Callable[..., TransactionLog]) -> None:
    query = (
        "SELECT n % 1000 AS who, timestamp '2024-01-01' + n * interval '1 minute' AS placed, "
        "n::real AS paid, n AS number FROM generate_series(1, 50000) n"
    )
    found = read(f"{shop}&query={quote(query)}")
    assert len(found.lines) == 50_000
    assert found.lines["amount"].sum() == 50_000 * 50_001 / 2
