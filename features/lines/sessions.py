"""One DuckDB a thread, in memory, with the statements that it has parsed."""

from __future__ import annotations

import os
import threading

import duckdb

_LOCAL = threading.local()


class Session:
    """A connection of one thread, so that floats are added in one order, to the last bit."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:", config={"threads": 1})
        self._parsed: dict[str, duckdb.Statement] = {}

    def statement(self, sql: str) -> duckdb.Statement:
        """The parsed statement: to parse it anew takes longer than one customer."""
        if sql not in self._parsed:
            self._parsed[sql] = self.connection.extract_statements(sql)[0]
        return self._parsed[sql]


def session() -> Session:
    """The session of this thread: to connect takes longer than a statement."""
    # subtle: a process that was forked can neither use nor close what its parent has opened
    opened: dict[int, Session] = _LOCAL.__dict__.setdefault("opened", {})
    if os.getpid() not in opened:
        opened[os.getpid()] = Session()
    return opened[os.getpid()]
