"""The database of a score store: transactions, and failures in one sentence."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from serve.errors import ServeError
from serve.store import connections as engines
from serve.store.address import read_address
from serve.store.records import Source

WAIT_SECONDS = 60.0
PING_SECONDS = 2.0
LOCK_NOT_AVAILABLE = "55P03"


class Unreachable(ServeError):
    """The database does not answer, or not as one."""


class Database:
    """A score store's database; one object per process, for any number of threads.

    address  where it is
    known    whether its tables have been seen, and are of this version
    source   the store itself, or the last good copy of one
    """

    def __init__(
        self,
        address: str,
        *,
        writes: bool = False,
        wait_seconds: float = WAIT_SECONDS,
        source: Source = "store",
    ) -> None:
        """Connects to nothing yet. Raises ServeError for an address that is none."""
        self.address = read_address(address)
        self.known = False
        self.source: Source = source
        self._wait_seconds = wait_seconds
        self._engine = engines.open_engine(self.address, writes=writes, wait_seconds=wait_seconds)
        self._pulse: threading.Thread | None = None

    @property
    def shown(self) -> str:
        """The address without its password."""
        return self.address.shown

    def is_there(self) -> bool:
        """False where the file of a SQLite store is missing: reading must not make one."""
        return self.address.path is None or self.address.path.exists()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees the store as it is at its first statement, and only that.

        Raises ServeError (503) for whatever goes wrong with the database.
        """
        with (
            self._in_words(),
            self._engine.connect() as connection,
            engines.read_only(connection).begin(),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, the only one that writes; waits for another to end, then gives up.

        Raises ServeError (503) for whatever goes wrong with the database.
        """
        self._make_folder()
        with (
            self._in_words(),
            self._engine.connect() as connection,
            engines.single_writer(connection).begin(),
        ):
            engines.lock_for_writing(connection, self._wait_seconds)
            yield connection

    def ping(self, timeout_seconds: float = PING_SECONDS) -> str | None:
        """None when the database answers in time, else one sentence; never waits longer.

        A store without a file yet is well: nothing has been scored.
        """
        found: list[str | None] = []
        # a server that hangs is asked by one thread, however often we are
        if self._pulse is None or not self._pulse.is_alive():
            self._pulse = threading.Thread(
                target=lambda: found.append(self._ask()), name="store-ping", daemon=True
            )
            self._pulse.start()
            self._pulse.join(timeout_seconds)
        if found:
            return found[0]
        return f"{self.shown}: the score store did not answer within {timeout_seconds:g} seconds"

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _ask(self) -> str | None:
        if not self.is_there():
            return None
        try:
            with self.reading() as connection:
                connection.execute(text("SELECT 1"))
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
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            self.known = False
            # a store that has too much to do is not away
            kind = ServeError if isinstance(error, NoConnectionFree) else Unreachable
            raise kind(self._sentence(error), status=503) from None

    def _sentence(self, error: SQLAlchemyError) -> str:
        """The failure without statement, values or password."""
        if isinstance(error, NoConnectionFree):
            return f"{self.shown}: too many look-ups at once; try again in a second"
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        locked = getattr(cause, "sqlstate", None) == LOCK_NOT_AVAILABLE
        if locked or "database is locked" in str(cause):
            return (
                f"{self.shown}: another batch is being written and did not end within "
                f"{self._wait_seconds:g} seconds; try again when it is done"
            )
        lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
        reason = self.address.scrub(lines[0]) if lines else type(cause).__name__
        return f"{self.shown}: the score store cannot be used: {reason}; check address and server"
