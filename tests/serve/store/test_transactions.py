"""A batch is visible whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from serve.api.query import ListQuery
from serve.errors import ServeError
from serve.store import batch as batches
from serve.store import connections
from serve.store import publish as store
from serve.store.database import Database
from serve.store.listing import read_page
from serve.store.lookups import current_batch, history, open_current_batch
from serve.store.schema import SCORES

ROWS = 12


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows at a time, so that there is a middle."""
    monkeypatch.setattr(batches, "CHUNK", 3)


def whole(reader: Database) -> str:
    """The version of the current batch, whose rows are those of its version, all of them."""
    page = read_page(reader, ListQuery(sort="customer_id", descending=False))
    assert page.batch.customers == page.total == len(page.scores)
    return page.batch.model_version


def die_at(step: int) -> Any:
    """Kill the process when so many rows have been written."""
    written = 0

    def count(rows: int) -> None:
        nonlocal written
        written += rows
        if written >= step:
            os.kill(os.getpid(), signal.SIGKILL)

    return count


def in_a_child(work: Any) -> int:
    """Run something in a process of its own; the child."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


@pytest.mark.parametrize("step", [3, 6, ROWS])
def test_a_kill_leaves_the_earlier_batch_and_the_next_run_completes(
    address: str, database: Database, reader: Database, maker: Any, step: int
) -> None:
    maker.publish(database, "1", customers=ROWS)

    def write() -> None:
        maker.publish(Database(address, writes=True), "2", customers=ROWS, step=die_at(step))

    status = os.waitpid(in_a_child(write), 0)[1]
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert whole(reader) == "1"
    assert len(history(reader, "c00001")) == 1
    assert not maker.publish(database, "2", customers=ROWS).unchanged
    assert whole(reader) == "2"
    with reader.reading() as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM scores")) == 2 * ROWS


def test_a_kill_at_any_time_leaves_one_batch_or_the_other(
    address: str, database: Database, reader: Database, maker: Any
) -> None:
    maker.publish(database, "1", customers=ROWS)
    for version, milliseconds in enumerate([0, 1, 2, 4, 8, 12, 16, 24], start=2):
        before = whole(reader)
        written = str(version)

        def write(written: str = written) -> None:
            maker.publish(Database(address, writes=True), written, customers=300)

        child = in_a_child(write)
        time.sleep(milliseconds / 1000)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert whole(reader) in {before, written}
    maker.publish(database, "99", customers=ROWS)
    assert whole(reader) == "99"


def test_a_kill_of_the_first_batch_leaves_an_empty_store(
    address: str, database: Database, reader: Database, maker: Any
) -> None:
    def write() -> None:
        maker.publish(Database(address, writes=True), "1", customers=ROWS, step=die_at(6))

    os.waitpid(in_a_child(write), 0)
    assert current_batch(reader) is None
    maker.publish(database, "1", customers=ROWS)
    assert whole(reader) == "1"


def test_a_failure_rolls_back(database: Database, reader: Database, maker: Any) -> None:
    maker.publish(database, "1", customers=ROWS)

    def fail(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        maker.publish(database, "2", customers=ROWS, step=fail)
    assert whole(reader) == "1"


def test_writers_at_once_wait_for_one_another(address: str, reader: Database, maker: Any) -> None:
    """On a store that is not there yet, so that they make its tables at once, too."""

    def write(version: int) -> store.Published:
        own = Database(address, writes=True)
        try:
            published: store.Published = maker.publish(own, str(version), customers=ROWS)
            return published
        finally:
            own.close()

    with ThreadPoolExecutor(4) as pool:
        published = list(pool.map(write, [1, 2, 3, 3]))
    assert sorted(each.batch for each in published[:3]) == [1, 2, 3]
    assert published[2].batch == published[3].batch
    assert [each.again or each.unchanged for each in published[2:]].count(True) == 1
    assert whole(reader) in {"1", "2", "3"}
    assert len(history(reader, "c00001")) == 3


def test_a_writer_that_waits_too_long_says_so(
    address: str, database: Database, reader: Database, maker: Any
) -> None:
    maker.publish(database, "1", customers=ROWS)
    impatient = Database(address, writes=True, wait_seconds=0.2)
    with database.writing():
        with pytest.raises(ServeError, match=r"another batch is being written.* 0\.2 seconds"):
            maker.publish(impatient, "2", customers=ROWS)
        assert whole(reader) == "1", "readers do not wait"
    maker.publish(impatient, "2", customers=ROWS)
    assert whole(reader) == "2"
    impatient.close()


def test_a_reader_that_is_locked_out_says_how_long_it_has_waited(
    tmp_path: Path, maker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a program that lets nobody read a store that is a file."""
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.1)
    path = tmp_path / "scores.db"
    writer, reader = (Database(f"sqlite:///{path}", writes=each) for each in (True, False))
    maker.publish(writer, "1", customers=ROWS)
    writer.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ServeError, match=r"is being written.* within 0\.1 seconds"):
            current_batch(reader)
        other.execute("ROLLBACK")
    assert whole(reader) == "1"
    reader.close()


def test_a_reader_sees_one_batch_to_its_end(
    database: Database, reader: Database, maker: Any
) -> None:
    """Even one that is dropped meanwhile."""
    maker.publish(database, "1", customers=ROWS)
    with open_current_batch(reader) as (connection, batch):
        maker.publish(database, "2", customers=ROWS + 1, keep=1)
        rows = connection.execute(SCORES.select().where(SCORES.c.batch == batch.number)).all()
        assert (batch.model_version, len(rows)) == ("1", ROWS)
    assert whole(reader) == "2"


def test_readers_see_whole_batches_while_they_change(
    database: Database, reader: Database, maker: Any
) -> None:
    maker.publish(database, "1", customers=ROWS)
    done = threading.Event()

    def read() -> set[str]:
        seen = set()
        while not done.is_set():
            seen.add(whole(reader))
        return seen

    with ThreadPoolExecutor(2) as pool:
        reads = [pool.submit(read) for _ in range(2)]
        for version in range(2, 7):
            maker.publish(database, str(version), customers=ROWS + version, keep=1)
        done.set()
        assert len(set.union(*(each.result() for each in reads))) > 1


def test_a_file_put_in_place_of_the_store_is_read(tmp_path: Path, maker: Any) -> None:
    old, new = tmp_path / "scores.db", tmp_path / "new.db"
    for version, path in (("1", old), ("2", new)):
        writer = Database(f"sqlite:///{path}", writes=True)
        maker.publish(writer, version, customers=ROWS)
        writer.close()
    reader = Database(f"sqlite:///{old}")
    assert whole(reader) == "1"
    for end in ("-wal", "-shm"):
        old.with_name(f"{old.name}{end}").unlink(missing_ok=True)
    os.replace(new, old)
    assert whole(reader) == "2"
    reader.close()


def test_connections_that_the_server_ended_are_made_anew(fresh: Any, maker: Any) -> None:
    address = fresh()
    database, reader = Database(address, writes=True), Database(address)
    maker.publish(database, "1", customers=ROWS)
    assert whole(reader) == "1"
    with database.writing() as connection:
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        connection.execute(
            text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        )
    assert whole(reader) == "1"
    reader.close()
    database.close()
