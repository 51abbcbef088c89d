"""Addresses of a store: what is refused, in one sentence that never holds the password."""

from __future__ import annotations

import logging
import socket
import sqlite3
import time
import traceback
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from serve.errors import ServeError
from serve.store import connections
from serve.store import publish as store
from serve.store.address import read_address
from serve.store.database import Database
from serve.store.lookups import current_batch

SECRET = "hush%21hush"
SECRETS = ("hush!hush", SECRET, "hush")


def refused(address: str) -> str:
    """The sentence of a store that cannot be looked at; no secret in it, nor in a traceback."""
    with pytest.raises(ServeError) as caught:
        store.check_schema(Database(address, writes=True))
    shown = "".join(traceback.format_exception(caught.value))
    assert "\n" not in str(caught.value)
    assert not any(secret in shown for secret in SECRETS)
    return str(caught.value)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (f"mysql://me:{SECRET}@host/db", "got one that begins with 'mysql'"),
        (f"postgresql+psycopg2://me:{SECRET}@host/db", "begins with 'postgresql+psycopg2'"),
        ("scores.db", "must be like sqlite:///var/scores.db or postgresql://"),
        (SECRET, "begins with ''"),
        (f"postgresql://me:{SECRET}", "cannot be read"),
        (f"postgresql://me:{SECRET}@host:port/db", "cannot be read"),
        (f"postgresql://me:a@{SECRET}@host/db", "more than one @: write %40"),
        (f"postgresql://me:a@b?{SECRET}@host/db", "more than one @: write %40"),
        (f"postgresql://me:a@b/{SECRET}@host/db", "more than one @: write %40"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite://var/scores.db", "sqlite:/// and a relative path"),
        ("sqlite:///a.db?mode=ro", "without options"),
    ],
)
def test_what_is_no_address_is_refused(address: str, sentence: str) -> None:
    assert sentence in refused(address)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"postgresql://me:{SECRET}@host:5/db", "postgresql+psycopg://me:***@host:5/db"),
        ("postgres://host/db", "postgresql+psycopg://host/db"),
        (
            f"postgresql+psycopg://me@/db?host=/run/pg&password={SECRET}&sslmode=require",
            "postgresql+psycopg://me@/db?host=%2Frun%2Fpg",
        ),
        ("sqlite:///var/scores.db", "sqlite:///var/scores.db"),
        ("sqlite:////var/scores.db", "sqlite:////var/scores.db"),
    ],
)
def test_addresses_are_shown_without_their_password(address: str, shown: str) -> None:
    found = read_address(address)
    assert found.shown == shown
    assert (found.path is None) == shown.startswith("postgresql")
    assert "hush" not in found.shown + repr(found)
    if "***" in shown or "password" in address:
        assert found.scrub(f"a {SECRET} b hush!hush c") == "a *** b *** c"


def test_servers_that_cannot_be_used_are_named_with_the_reason(
    fresh: Any, maker: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address = fresh()
    right = address.split("perennial:")[1].split("@")[0]
    wrong = address.replace(right, SECRET)
    assert "password authentication failed" in refused(wrong)
    assert "perennial:***@" in refused(wrong)
    head, options = address.split("?")
    nowhere = f"{head.rpartition('/')[0]}/nowhere?{options}"
    assert 'database "nowhere" does not exist' in refused(nowhere)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "refused" in refused(f"postgresql://me:{SECRET}@127.0.0.1:{port}/db")
    assert "invalid connection option" in refused(f"postgresql://me:{SECRET}@/db?hostt=x")
    assert not any(secret in caplog.text for secret in (*SECRETS, maker.password))


def test_another_version_and_another_program_are_refused(
    address: str, database: Database, maker: Any
) -> None:
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE scores (game TEXT)"))
    with pytest.raises(ServeError, match="holds a table scores that is not a score store's"):
        maker.publish(database)
    with database.writing() as connection:
        connection.execute(text("DROP TABLE scores"))
    maker.publish(database)
    with database.writing() as connection:
        connection.execute(text("UPDATE store_meta SET value = '7'"))
    for open_anew in (Database(address, writes=True), Database(address)):
        with pytest.raises(ServeError, match="of version 7, this Perennial reads 1"):
            store.check_schema(open_anew)
        with pytest.raises(ServeError, match="of version 7, this Perennial reads 1"):
            current_batch(open_anew)
        open_anew.close()


def test_files_that_are_no_store_are_left_as_they_are(tmp_path: Path, maker: Any) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("not a database, but long enough to be looked at as if it were one\n" * 99)
    assert "file is not a database" in refused(f"sqlite:///{notes}")
    assert notes.read_text().startswith("not a database")

    foreign = tmp_path / "games.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE batches (beer TEXT)")
    connection.close()
    before = foreign.read_bytes()
    assert "a table batches that is not" in refused(f"sqlite:///{foreign}")
    assert foreign.read_bytes() == before

    assert "cannot be used" in refused(f"sqlite:///{tmp_path}")
    inside_a_file = Database(f"sqlite:///{notes}/scores.db", writes=True)
    with pytest.raises(ServeError, match="the folder cannot be made"):
        maker.publish(inside_a_file)


def test_a_database_that_hangs_is_pinged_in_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        database = Database(f"postgresql://me:{SECRET}@127.0.0.1:{silent.getsockname()[1]}/db")
        began = time.monotonic()
        problems = [database.ping(0.2) for _ in range(3)]
        assert time.monotonic() - began < 2
    assert all("did not answer within 0.2 seconds" in (each or "") for each in problems)
    assert not any(secret in str(problems) for secret in SECRETS)


def test_a_database_that_answers_has_no_problem(database: Database, maker: Any) -> None:
    assert database.ping() is None
    maker.publish(database)
    assert database.ping() is None


def test_a_database_that_refuses_is_not(tmp_path: Path) -> None:
    problem = Database(f"sqlite:///{tmp_path}").ping()
    assert problem is not None
    assert "the score store cannot be used" in problem


def test_too_many_readers_at_once_get_an_error(
    database: Database, maker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker.publish(database)
    monkeypatch.setattr(connections, "POOL_SECONDS", 0.01)
    reader = Database(str(database.address.url.render_as_string(hide_password=False)))
    with ExitStack() as held:
        for _ in range(15):
            held.enter_context(reader.reading())
        with pytest.raises(ServeError, match="too many look-ups at once; try again") as caught:
            current_batch(reader)
    assert caught.value.status == 503
    assert current_batch(reader) is not None
    reader.close()
