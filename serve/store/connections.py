"""How SQLite and PostgreSQL are opened, so that both keep the store's promises alike."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import QueuePool

from serve.store.address import Address
from serve.store.silence import bounded

CONNECT_SECONDS = 5
ANSWER_SECONDS = 5.0
# What drops an old batch of millions, or waits for the disk, is slow and not silent for ever.
WRITE_ANSWER_SECONDS = 300.0
POOL_SECONDS = 5.0
BUSY_SECONDS = 5.0
RETRY_SECONDS = 0.05
WRITES = "perennial_writes"
LOCK = 0x5045_5245_4E4E  # which of a server's advisory locks is the store's


def open_engine(address: Address, *, writes: bool, wait_seconds: float) -> Engine:
    """An engine that has connected to nothing yet.

    writes        a SQLite file may be made
    wait_seconds  how long a writer waits for another
    """
    if address.path is None:
        return _postgresql(address, WRITE_ANSWER_SECONDS if writes else ANSWER_SECONDS)
    return _sqlite(address.path, writes, wait_seconds)


def read_only(connection: Connection) -> Connection:
    """The same connection for transactions that see the store as of their first statement."""
    if connection.dialect.name == "sqlite":
        return connection
    return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def single_writer(connection: Connection) -> Connection:
    """The same connection for a transaction that writes, see `lock_for_writing`."""
    if connection.dialect.name == "sqlite":
        return connection.execution_options(**{WRITES: True})
    # subtle: a stricter level would look at the store before the wait for our turn, not after it
    return connection.execution_options(isolation_level="READ COMMITTED")


def lock_for_writing(connection: Connection, wait_seconds: float) -> None:
    """Let no other writer in until the transaction ends. SQLite did so when it began."""
    if connection.dialect.name == "sqlite":
        return
    connection.execute(text(f"SET LOCAL lock_timeout = {int(wait_seconds * 1000)}"))
    connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))


def _postgresql(address: Address, answer_seconds: float) -> Engine:
    arguments = {"connect_timeout": CONNECT_SECONDS, "application_name": "perennial"}
    given = address.url.query
    engine = create_engine(
        address.url,
        connect_args={name: each for name, each in arguments.items() if name not in given},
        pool_pre_ping=True,
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,
    )
    kind = bounded(answer_seconds)

    @event.listens_for(engine, "do_connect")
    def connect(_: object, __: object, positional: list[Any], named: dict[str, Any]) -> Any:
        return kind.connect(*positional, **named)

    return engine


def _sqlite(path: Path, writes: bool, wait_seconds: float) -> Engine:
    def connect() -> sqlite3.Connection:
        uri = f"{path.as_uri()}?mode={'rwc' if writes else 'rw'}"
        seconds = wait_seconds if writes else BUSY_SECONDS
        # subtle: no isolation level, or the driver would begin transactions where it likes
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, timeout=seconds
        )
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def remember(_: object, record: Any) -> None:
        record.info["file"] = _file(path)

    @event.listens_for(engine, "checkout")
    def same_file(_: object, record: Any, __: object) -> None:
        """A file that was put in place of the old one is opened anew."""
        if record.info["file"] != _file(path):
            raise DisconnectionError

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES):
            _log_ahead(connection, wait_seconds)
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def _file(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _log_ahead(connection: Connection, seconds: float) -> None:
    """Readers and a writer do not wait for one another; the file remembers it.

    subtle: the change of mode is refused at once where another does the same, without waiting.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            return
        except OperationalError as error:
            if "locked" not in str(error.orig) or time.monotonic() > deadline:
                raise
        time.sleep(RETRY_SECONDS)
