"""A store is data that somebody else may have written: what does not fit is one sentence, 503."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from serve.errors import ServeError
from serve.handlers.customer_list import list_customers
from serve.handlers.overview import OverviewCache
from serve.store import publish as store
from serve.store.database import Database
from serve.store.lookups import history, lookup, previous_tiers
from serve.store.replica import Replica

DEEP = "[" * 100_000
READERS: dict[str, Callable[[Database], object]] = {
    "lookup": lambda database: lookup(database, ["c00000", "c00001"], features=True),
    "history": lambda database: history(database, "c00001"),
    "list": lambda database: list_customers(database, ""),
    "csv": lambda database: list_customers(database, "format=csv"),
    "overview": lambda database: OverviewCache().read(database),
}
OF_BATCHES = {
    "columns": [
        *('["clv", "tier; DROP TABLE scores"]', '["clv\\n=cmd()"]', '["no_such_column"]', '"clv"'),
        *("3", "null", "{", DEEP, json.dumps(["clv"] * 10_001)),
    ],
    "features": ["[1, 2, 3]", '["a"]', "[", json.dumps(["x" * 300] * 3)],
    "as_of": ["yesterday", "2011-12-09T00:00:00", "", b"\xff\xfe"],
    "horizon_days": ["many", 0, -3, 4_000_000],
    "timezone": ["Nowhere/Here", "../../etc/passwd", "/etc/localtime"],
    "currency": ["=1+1", "pounds"],
    "economics": ['{"margin": "all"}', '{"margin": -1}', "[]", '{"tax": 1}', DEEP],
    "options": ['{"tiers": 3}', '{"tiers": {"names": {"a": 1}}}', "[]"],
    "totals": ['{"cohorts": [{"name": "x"}]}', '{"cohorts": 3}', '{"total_revenue_low": "a"}'],
    "customers": ["none", -1],
    "model_version": ["v" * 1_000],
}
OF_SCORES = {
    "clv": ["'much'", "9e999", "x'00ff'"],
    "warnings": ["'{'", "'[1]'", "'\"a\"'", f"'{DEEP}'"],
    "features": ["'[]'", "'[1, 2, {}]'", "'3'", "x'ff00'"],
    "others": ["'3'", "'[]'", f"'{DEEP}'"],
    "basis": ["x'00ff'"],
}


@pytest.fixture
def path(tmp_path: Path, maker: Any) -> Path:
    """A store with one batch."""
    written = Database(f"sqlite:///{tmp_path / 'scores.db'}", writes=True)
    maker.publish(written)
    written.close()
    return tmp_path / "scores.db"


def change(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


def sentences(path: Path) -> list[str]:
    """What readers say, each of which either replies or refuses in one sentence."""
    found, database = [], Database(f"sqlite:///{path}")
    for read in READERS.values():
        try:
            read(database)
        except ServeError as error:
            found.append(error)
    database.close()
    assert all(each.status == 503 for each in found), found
    said = [str(each) for each in found]
    assert all(len(each) < 900 and "\n" not in each for each in said), said
    return said


@pytest.mark.parametrize("column", OF_BATCHES)
def test_a_batch_that_no_perennial_wrote_is_refused_by_who_reads_it(
    path: Path, column: str
) -> None:
    for value in OF_BATCHES[column]:
        change(path, f"UPDATE batches SET {column} = ?", value)
        assert sentences(path), str(value)[:60]


@pytest.mark.parametrize("column", OF_SCORES)
def test_a_score_that_no_perennial_wrote_is_refused_by_who_reads_it(
    path: Path, column: str
) -> None:
    for value in OF_SCORES[column]:
        change(path, f"UPDATE scores SET {column} = {value}")
        assert sentences(path), value[:60]


@pytest.mark.parametrize("damage", ["cut", "zeros", "text", "empty", "no table", "no column"])
def test_a_file_that_is_no_store_is_refused_in_one_sentence(path: Path, damage: str) -> None:
    whole = path.read_bytes()
    if damage.startswith("no "):
        what = {"no table": "DROP TABLE scores", "no column": "ALTER TABLE scores DROP clv_net"}
        change(path, what[damage])
    else:
        spoiled = {
            "cut": whole[: len(whole) // 2],
            "zeros": whole[:100] + bytes(len(whole) - 100),
            "text": b"customer_id,clv\nann,3\n" * 1_000,
            "empty": b"",
        }
        path.write_bytes(spoiled[damage])
    assert sentences(path)


def test_any_flipped_byte_is_a_reply_or_one_sentence(path: Path) -> None:
    """Of every page some; never anything else than a reply or a status 503."""
    whole = path.read_bytes()
    for place in range(7, len(whole), 2_003):
        flipped = bytearray(whole)
        flipped[place] ^= 0xFF
        path.write_bytes(flipped)
        sentences(path)


def test_a_store_of_another_version_is_unavailable_and_not_the_callers_fault(path: Path) -> None:
    for version in ("2", "", "9" * 10_000):
        change(path, "UPDATE store_meta SET value = ?", version)
        refused = sentences(path)
        assert len(refused) == len(READERS)
        assert "this Perennial reads 1" in refused[0]


@pytest.mark.parametrize("published", ["'last'", "9223372036854775807", "-5"])
def test_a_numbering_that_cannot_go_on_is_refused_before_anything_is_written(
    path: Path, maker: Any, published: str
) -> None:
    change(path, f"UPDATE batches SET published = {published}")
    before = path.read_bytes()
    database = Database(f"sqlite:///{path}", writes=True)
    with pytest.raises(ServeError, match="score into another store"):
        maker.publish(database, "2")
    database.close()
    assert path.read_bytes() == before


def test_tiers_of_a_damaged_batch_are_refused_before_scoring(path: Path) -> None:
    change(path, "UPDATE batches SET columns = '{'")
    with pytest.raises(ServeError, match="cannot be read"):
        previous_tiers(Database(f"sqlite:///{path}"))


def test_another_programs_database_is_no_place_for_a_store(tmp_path: Path, maker: Any) -> None:
    """Such as MLflow's, whose upgrade would not know our tables."""
    path = tmp_path / "mlflow.db"
    change(path, "CREATE TABLE experiments (name TEXT)")
    before = path.read_bytes()
    database = Database(f"sqlite:///{path}", writes=True)
    with pytest.raises(ServeError, match="is a database of something else"):
        store.check_schema(database)
    assert path.read_bytes() == before
    with pytest.raises(ServeError, match="is a database of something else"):
        maker.publish(database)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("experiments",)]
    database.close()


def test_a_damaged_batch_is_not_copied_and_the_reason_is_shown(
    fresh: Callable[[], str], maker: Any, tmp_path: Path
) -> None:
    server = Database(fresh(), writes=True)
    maker.publish(server)
    with server.writing() as connection:
        connection.execute(text("UPDATE batches SET columns = '[3]'"))
    replica = Replica(server, tmp_path / "last_good")
    replica.refresh()
    assert not (tmp_path / "last_good" / "scores.db").exists()
    with pytest.raises(ServeError, match="cannot be read"):
        list_customers(server, "")
    replica.close()
    server.close()


def test_a_full_disk_is_one_sentence_and_the_batch_before_stays(
    path: Path, maker: Any, full_disk: Any
) -> None:
    database = Database(f"sqlite:///{path}", writes=True)
    with full_disk(path.stat().st_size + 20_000), pytest.raises(ServeError) as refused:
        maker.publish(database, "2", customers=1_500)
    assert "the score store cannot be used: d" in str(refused.value)  # database or disk is full
    assert lookup(database, ["c00001"]).batch.model_version == "1"
    assert maker.publish(database, "2", customers=1_500).batch == 2
    database.close()


def test_a_store_takes_no_more_disk_than_its_batches(path: Path, maker: Any) -> None:
    """The room of dropped batches is used again."""
    database, pages = Database(f"sqlite:///{path}", writes=True), []
    for version in range(2, 10):
        maker.publish(database, str(version), customers=500, keep=2)
        with database.reading() as connection:
            pages.append(connection.scalar(text("PRAGMA page_count")))
    database.close()
    assert pages[3] >= 1.2 * pages[0], "it grows until there are as many batches as are kept"
    assert max(pages) <= 1.1 * pages[3], pages


def test_a_clock_that_was_set_back_does_not_hide_the_new_batch(path: Path, maker: Any) -> None:
    """Batches are numbered; the time at which one was made is only shown."""
    change(path, "UPDATE batches SET created_at = '2999-01-01T00:00:00+00:00'")
    database = Database(f"sqlite:///{path}", writes=True)
    maker.publish(database, "2")
    assert lookup(database, ["c00001"]).batch.model_version == "2"
    database.close()


def test_a_store_of_another_version_is_down_for_the_health_check(path: Path) -> None:
    """It is opened well, but nothing can be read from it."""
    database = Database(f"sqlite:///{path}")
    assert database.ping() is None
    change(path, "UPDATE store_meta SET value = '2'")
    assert "this Perennial reads 1" in str(database.ping())
    database.close()
