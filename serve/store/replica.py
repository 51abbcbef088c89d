"""A local replica of the current batch, for when the score store cannot be reached."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, insert, select

from features.atomic_file import replace_file
from features.file_lock import LockTimeout, locked
from serve.errors import ServeError
from serve.store import schema as tables
from serve.store.bulk_insert import insert_rows
from serve.store.database import Database, Unreachable
from serve.store.lookups import current_batch
from serve.store.records import Batch
from serve.store.schema import BATCHES, SCORES, STORE_META

logger = logging.getLogger(__name__)

ROWS_AT_ONCE = 2_000
AVOID_STORE_SECONDS = 2.0
# as long as connecting and asking may take
LONGEST_FAILURE_SECONDS = 15.0
LOCK = ".scores.lock"
COPY_OF = "copy_of"
Result = TypeVar("Result")


class Replica:
    """Reads the store, or its local copy where the store cannot be reached.

    A store that is a local file has no copy: where that is gone, a file beside it is no help.

    notice  what is not as it should be with the copy itself, or None
    """

    def __init__(self, store: Database, folder: Path) -> None:
        """Copies nothing yet. folder: where the copy is stored"""
        self.notice: str | None = None
        self._store = store
        self._path = folder.absolute() / "scores.db"
        self._copy = Database(
            f"sqlite:///{self._path}", source="last_good", require=self._require_of_this_store
        )
        self._unusable = ""
        self._failure: Unreachable | None = None
        self._asked_again_at = 0.0
        self._lock = threading.Lock()

    def read(self, query: Callable[[Database], Result]) -> Result:
        """What `query` finds in the store; in its copy, whole, where the store cannot be reached.

        Raises ServeError as `query` does, and where there is neither store nor copy.
        """
        if self._is_avoided():
            return self._read_copy(query)
        try:
            found = query(self._store)
        except Unreachable as error:
            self._asked_again_at = time.monotonic() + AVOID_STORE_SECONDS
            self._failure = error
            return self._read_copy(query)
        self._failure = None
        return found

    def _is_avoided(self) -> bool:
        """Whether this read must not wait for a server that does not even refuse.

        Once it is time, one of them asks again, and the others go on without it.
        """
        if self._failure is None or self._store.address.path is not None:
            return False
        with self._lock:
            now = time.monotonic()
            if now < self._asked_again_at:
                return True
            self._asked_again_at = now + LONGEST_FAILURE_SECONDS
            return False

    def _read_copy(self, query: Callable[[Database], Result]) -> Result:
        failure = self._failure
        if failure is not None and not self.exists():
            raise Unreachable(str(failure), status=503)
        return query(self._copy)

    def exists(self) -> bool:
        """Whether there is a copy, and of this store."""
        if self._store.address.path is not None or not self._path.exists():
            return False
        try:
            with self._copy.reading():
                return True
        except ServeError as error:
            if (problem := str(error)) != self._unusable:
                logger.warning("%s: the copy of the scores cannot be used: %s", self._path, problem)
                self._unusable = problem
            return False

    def refresh(self) -> None:
        """Copy the current batch where it is another one than was copied before.

        One process at a time makes the copy, which is replaced in one step; the others go on. What
        goes wrong is logged, and tried again next time.
        """
        if self._store.address.path is not None:
            return
        try:
            found = current_batch(self._store)
        except ServeError:
            return  # the health check reports it
        try:
            if found is None:
                self._remove()
            elif _identity(found) != self._copied():
                with locked(self._path.with_name(LOCK), wait_seconds=0):
                    self._copy_batch()
            self.notice = None
        except LockTimeout:
            return
        except (ServeError, OSError, sqlite3.Error) as error:
            problem = f"the scores cannot be copied to {self._path}: {error}"
            if problem != self.notice:
                logger.warning("%s", problem)
            self.notice = problem

    def close(self) -> None:
        """Give the connections back."""
        self._copy.close()

    def _copied(self) -> tuple[str, int] | None:
        """What was copied last, by whichever worker; None also for a copy that cannot be read."""
        if not self.exists():
            return None
        try:
            found = current_batch(self._copy)
        except ServeError:
            return None
        return _identity(found) if found else None

    def _copy_batch(self) -> None:
        with replace_file(self._path) as draft:
            try:
                batch = _fill(self._store, draft)
            except ServeError as error:
                # a name that is drawn anew each time would be logged each time
                message = str(error).replace(str(draft), str(self._path))
                raise ServeError(message, status=error.status) from None
        self._unusable = ""
        logger.info("batch %d of the score store is copied", batch.number)

    def _remove(self) -> None:
        """A store without scores: an older copy must not stand in for it."""
        self._path.unlink(missing_ok=True)

    def _require_of_this_store(self, connection: Connection) -> None:
        """Raises ServeError for a copy of another store: a service beside this one may write it."""
        name = select(STORE_META.c.value).where(STORE_META.c.name == COPY_OF)
        if not tables.exists(connection, self._copy.shown) or (
            connection.scalar(name) != _name(self._store)
        ):
            raise ServeError(f"{self._path}: is the copy of another score store", status=503)


def _fill(store: Database, draft: Path) -> Batch:
    """Write the current batch into a new file, from one view of the store."""
    batch = current_batch(store)
    if batch is None:
        raise ServeError("the score store has no batch any more", status=503)
    target = Database(f"sqlite:///{draft}", writes=True)
    own = select(SCORES).where(SCORES.c.batch == batch.number)
    row = select(BATCHES).where(BATCHES.c.number == batch.number)
    try:
        with store.reading() as reading, target.writing() as writing:
            tables.create(writing, target.shown)
            writing.execute(insert(BATCHES).values(dict(reading.execute(row).one()._mapping)))
            found = reading.execute(own, execution_options={"yield_per": ROWS_AT_ONCE})
            for part in found.partitions():
                insert_rows(writing, SCORES, [tuple(each) for each in part])
            writing.execute(insert(STORE_META).values(name=COPY_OF, value=_name(store)))
    finally:
        target.close()
    with closing(sqlite3.connect(draft)) as connection:
        # subtle: one file, with nothing beside it that would be left behind when it is moved
        connection.execute("PRAGMA journal_mode = DELETE")
    return batch


def _identity(batch: Batch) -> tuple[str, int]:
    return batch.fingerprint, batch.published


def _name(store: Database) -> str:
    """A store by its address, without the password; options may choose one of its schemas."""
    options = str(store.address.url.query.get("options", ""))
    return hashlib.sha256(f"{store.shown}{options}".encode()).hexdigest()
