"""The database of a score store: transactions, and failures in one sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from serve.errors import ServeError
from serve.store import connections
from serve.store import schema as tables
from serve.store.address import read_address
from serve.store.records import Source

WAIT_SECONDS = 60.0
PING_SECONDS = 2.0
LOCK_NOT_AVAILABLE = "55P03"


class Unreachable(ServeError):
    """The database does not answer, or not as one."""


class Database:
    """A score store's database; one object per process, for any number of threads.

    address         where it is
    schema_checked  whether its tables have been seen, and are of this version
    source          the store itself, or the local replica of one
    """

    def __init__(
        self,
        address: str,
        *,
        writes: bool = False,
        wait_seconds: float = WAIT_SECONDS,
        source: Source = "store",
        require: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        """Connects to nothing yet. Raises ServeError for an address that is none.

        require  called before anything is read, in the same transaction; raises ServeError for a
                 database that is not the one that was meant
        """
        self.address = read_address(address)
        self.schema_checked = False
        self.source: Source = source
        self._require = require
        self._wait_seconds = wait_seconds
        self._locked_seconds = wait_seconds if writes else connections.BUSY_SECONDS
        self._engine = connections.open_engine(
            self.address, writes=writes, wait_seconds=wait_seconds
        )
        self._pinging: threading.Thread | None = None

    @property
    def shown(self) -> str:
        """The address without its password."""
        return self.address.shown

    def exists(self) -> bool:
        """False where the file of a SQLite store is missing: reading must not make one."""
        return self.address.path is None or self.address.path.exists()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees the store as it is at its first statement, and only that.

        Raises ServeError (503) for whatever goes wrong with the database.
        """
        with (
            self._as_serve_error(),
            self._engine.connect() as connection,
            connections.read_only(connection).begin(),
        ):
            self._require(connection)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, the only one that writes; waits for another to end, then gives up.

        Raises ServeError (503) for whatever goes wrong with the database.
        """
        self._make_folder()
        with (
            self._as_serve_error(),
            self._engine.connect() as connection,
            connections.single_writer(connection).begin(),
        ):
            connections.lock_for_writing(connection, self._wait_seconds)
            yield connection

    def ping(self, timeout_seconds: float = PING_SECONDS) -> str | None:
        """None when the store can be read, else one sentence; never waits longer.

        A store without a file yet is well: nothing has been scored.
        """
        found: list[str | None] = []
        # a server that hangs is asked by one thread, however often we are
        if self._pinging is None or not self._pinging.is_alive():
            self._pinging = threading.Thread(
                target=lambda: found.append(self._probe()), name="store-ping", daemon=True
            )
            self._pinging.start()
            self._pinging.join(timeout_seconds)
        if found:
            return found[0]
        return f"{self.shown}: the score store did not answer within {timeout_seconds:g} seconds"

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _probe(self) -> str | None:
        if not self.exists():
            return None
        try:
            with self.reading() as connection:
                tables.exists(connection, self.shown)
        except ServeError as error:
            return str(error)
        return None

    def _make_folder(self) -> None:
        if self.address.path is None:
            return
        try:
            self.address.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ServeError(
                f"{self.shown}: the folder cannot be made: {error.strerror}; choose another --store"
            ) from None

    @contextmanager
    def _as_serve_error(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, UnicodeDecodeError) as error:
            # subtle: of a damaged schema SQLite's driver says nothing else than the latter
            self.schema_checked = False
            # a store that has too much to do is not unreachable
            kind = ServeError if isinstance(error, NoConnectionFree) else Unreachable
            raise kind(self._sentence(error), status=503) from None

    def _sentence(self, error: SQLAlchemyError | UnicodeDecodeError) -> str:
        """The failure without statement, values or password."""
        if isinstance(error, NoConnectionFree):
            return f"{self.shown}: too many look-ups at once; try again in a second"
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        locked = getattr(cause, "sqlstate", None) == LOCK_NOT_AVAILABLE
        if locked or "database is locked" in str(cause):
            return (
                f"{self.shown}: another batch is being written and did not end within "
                f"{self._locked_seconds:g} seconds; try again when it is done"
            )
        lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
        reason = self.address.scrub(lines[0]) if lines else type(cause).__name__
        return f"{self.shown}: the score store cannot be used: {reason}; check address and server"
