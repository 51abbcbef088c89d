"""While the store cannot be reached its replica answers, whole, and says that it does."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from features.file_lock import locked
from serve.errors import ServeError
from serve.store import connections
from serve.store.database import Database, Unreachable
from serve.store.health import HealthCheck
from serve.store.lookups import LookupResult, history, lookup
from serve.store.replica import Replica

IDS = ["c00003", "c00000", "nobody"]


@pytest.fixture
def store(fresh: Callable[[], str]) -> Iterator[Database]:
    opened = Database(fresh(), writes=True)
    yield opened
    opened.close()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[Database], Replica]]:
    """A replica in the same folder each time, as a service makes one when it starts."""
    made = []

    def replica(store: Database) -> Replica:
        made.append(Replica(store, tmp_path / "last_good"))
        return made[-1]

    yield replica
    for each in made:
        each.close()


def unreachable() -> Database:
    """A store that nobody answers for."""
    return Database("postgresql://perennial:secret@127.0.0.1:1/none")


def look(database: Database) -> LookupResult:
    return lookup(database, IDS, features=True)


def numbers(found: LookupResult) -> Any:
    return found.scores, found.unknown, found.batch.number, found.batch.fingerprint


def test_a_stopped_server_is_replaced_until_it_is_back(
    postmaster: Any, store: Database, maker: Any, make: Any
) -> None:
    maker.publish(store, "1")
    replica = make(store)
    health = HealthCheck(store, replica, every_seconds=0)
    replica.refresh()
    before = replica.read(look)
    assert before.batch.source == "store"
    postmaster.stop()
    try:
        found = replica.read(look)
        assert found.batch.source == "last_good"
        assert numbers(found) == numbers(before)
        assert [batch.source for batch, _ in replica.read(_history)] == ["last_good"]
        health.check()
        assert health.state == "down"
        assert "last good copy" in (health.notice or "")
    finally:
        postmaster.start()
    health.check()
    assert (health.state, health.notice) == ("up", None)
    deadline = time.monotonic() + 10
    while replica.read(look).batch.source != "store":
        assert time.monotonic() < deadline
        time.sleep(0.1)


class Silenced:
    """A look-up whose connection to the server falls silent on the way.

    asked   where it was tried: store, last_good
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.stopped: list[int] = []

    def __call__(self, database: Database) -> LookupResult:
        self.asked.append(database.source)
        if database.source == "last_good":
            return look(database)
        with database.reading() as connection:
            self.stopped.append(connection.scalar(text("SELECT pg_backend_pid()")) or 0)
            os.kill(self.stopped[-1], signal.SIGSTOP)
            connection.execute(text("SELECT 1"))
        raise AssertionError("a server that has stopped has answered")


@pytest.fixture
def silenced(monkeypatch: pytest.MonkeyPatch) -> Iterator[Silenced]:
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.2)
    made = Silenced()
    yield made
    for each in made.stopped:
        os.kill(each, signal.SIGCONT)


@pytest.fixture
def service_store(store: Database, silenced: Silenced) -> Iterator[Database]:
    """The same store as a service opens it."""
    opened = Database(store.address.url.render_as_string(hide_password=False))
    yield opened
    opened.close()


def in_time(work: Callable[[], Any]) -> Any:
    """What it returns or raises; fails where it would wait for ever."""
    done: Future[Any] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return done.result(timeout=10)


def test_a_server_that_says_nothing_is_replaced_and_nobody_waits_for_it_again(
    silenced: Silenced, service_store: Database, maker: Any, store: Database, make: Any
) -> None:
    maker.publish(store, "1")
    make(store).refresh()
    replica = make(service_store)
    for _ in range(3):
        assert in_time(lambda: replica.read(silenced)).batch.source == "last_good"
    assert silenced.asked == ["store", *["last_good"] * 3]


def test_without_a_copy_a_server_that_says_nothing_is_an_error(
    silenced: Silenced, service_store: Database, make: Any
) -> None:
    """For whoever asks first after a while, for the others at once."""
    replica = make(service_store)
    for _ in range(3):
        with pytest.raises(Unreachable, match=r"did not answer within 0\.2 seconds") as caught:
            in_time(lambda: replica.read(silenced))
        assert caught.value.status == 503
    assert silenced.asked == ["store"]


def _history(database: Database) -> Any:
    return history(database, "c00003")


def test_a_service_that_starts_without_the_store_has_the_copy(
    store: Database, maker: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker.publish(store, "1")
    make(store).refresh()
    before = look(store)
    monkeypatch.setattr(store, "reading", unreachable().reading)
    assert numbers(make(store).read(look)) == numbers(before)


def test_a_new_batch_is_copied_and_the_same_one_is_not(
    store: Database, maker: Any, make: Any, tmp_path: Path
) -> None:
    replica, path = make(store), tmp_path / "last_good" / "scores.db"
    maker.publish(store, "1")
    replica.refresh()
    first = path.stat().st_ino
    replica.refresh()
    make(store).refresh()
    assert path.stat().st_ino == first
    maker.publish(store, "2", customers=3)
    replica.refresh()
    assert path.stat().st_ino != first
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM scores").fetchone() == (3,)
    connection.close()
    assert sorted(each.name for each in path.parent.iterdir()) == [".scores.lock", "scores.db"]
    maker.publish(store, "1")  # the earlier one is the current one again
    replica.refresh()
    assert replica._copied() == (look(store).batch.fingerprint, 3)


def test_a_store_that_was_emptied_leaves_no_copy(store: Database, maker: Any, make: Any) -> None:
    replica = make(store)
    maker.publish(store)
    replica.refresh()
    assert replica.exists()
    with store.writing() as connection:
        connection.execute(text("DELETE FROM scores"))
        connection.execute(text("DELETE FROM batches"))
    replica.refresh()
    assert not replica.exists()
    with pytest.raises(ServeError, match="no scores yet"):
        replica.read(look)


def test_the_copy_of_another_store_is_not_used(store: Database, maker: Any, make: Any) -> None:
    maker.publish(store)
    make(store).refresh()
    other = make(unreachable())
    assert not other.exists()
    with pytest.raises(Unreachable) as caught:
        other.read(look)
    assert "secret" not in str(caught.value)


def test_only_an_unreachable_store_is_replaced(store: Database, maker: Any, make: Any) -> None:
    maker.publish(store)
    replica = make(store)
    replica.refresh()

    def refuses(database: Database) -> None:
        raise ServeError(database.source, status=503)

    with pytest.raises(ServeError, match=r"^store$"):
        replica.read(refuses)


def test_a_copy_that_cannot_be_written_is_reported_and_the_old_one_stays(
    store: Database, maker: Any, make: Any, full_disk: Any, caplog: pytest.LogCaptureFixture
) -> None:
    replica = make(store)
    maker.publish(store, "1")
    replica.refresh()
    before = numbers(look(store))
    maker.publish(store, "2")
    with full_disk(8_192):
        replica.refresh()
        replica.refresh()
    assert "cannot be copied" in (replica.notice or "")
    assert sum(each.levelno >= logging.WARNING for each in caplog.records) == 1
    assert numbers(look(replica._copy)) == before
    replica.refresh()
    assert replica.notice is None
    assert look(replica._copy).batch.model_version == "2"


@pytest.mark.parametrize("damage", ["cut", "flipped", "other", "newer", "batch"])
def test_a_copy_that_cannot_be_read_is_made_again(
    store: Database, maker: Any, make: Any, tmp_path: Path, damage: str
) -> None:
    maker.publish(store, "1")
    replica, path = make(store), tmp_path / "last_good" / "scores.db"
    replica.refresh()
    before, whole = numbers(look(replica._copy)), path.read_bytes()
    spoiled = {"cut": whole[:5_000], "flipped": whole[:100] + bytes(4_000) + whole[4_100:]}
    path.write_bytes(spoiled.get(damage, whole))
    statement = {
        "newer": "UPDATE store_meta SET value = '2' WHERE name = 'schema_version'",
        "other": "UPDATE store_meta SET value = 'x' WHERE name = 'copy_of'",
        "batch": "UPDATE batches SET options = '{'",
    }.get(damage)
    if statement:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)
    replica = make(store)
    with pytest.raises(ServeError) as refused:
        look(replica._copy)
    assert refused.value.status == 503
    replica.refresh()
    assert replica.notice is None
    assert numbers(look(replica._copy)) == before


def test_a_copy_that_another_service_has_replaced_is_not_taken_for_ours(
    store: Database, maker: Any, make: Any, fresh: Callable[[], str]
) -> None:
    """Two services with two stores, and one folder for their state."""
    other = Database(fresh(), writes=True)
    maker.publish(store, "1")
    maker.publish(other, "2")
    ours, theirs = make(store), make(other)
    ours.refresh()
    assert ours.exists()
    theirs.refresh()
    assert (theirs.exists(), ours.exists()) == (True, False)
    with pytest.raises(ServeError, match="is the copy of another score store"):
        look(ours._copy)
    other.close()


def test_workers_copy_one_at_a_time(store: Database, maker: Any, make: Any, tmp_path: Path) -> None:
    maker.publish(store, "1")
    replica, path = make(store), tmp_path / "last_good" / "scores.db"
    with locked(path.with_name(".scores.lock"), wait_seconds=0):
        replica.refresh()
    assert (path.exists(), replica.notice) == (False, None)
    replica.refresh()
    assert path.exists()


def test_a_local_file_has_no_copy(maker: Any, make: Any, tmp_path: Path) -> None:
    local = Database(f"sqlite:///{tmp_path / 'scores.db'}", writes=True)
    maker.publish(local)
    replica = make(local)
    replica.refresh()
    assert not (tmp_path / "last_good").exists()
    assert replica.read(look).batch.source == "store"
    local.close()
