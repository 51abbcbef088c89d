"""A connection to PostgreSQL on which nothing is waited for without an end.

A server that is stopped, swapped out or behind a network that drops packets neither answers nor
refuses, and its driver waits for as long as that takes: `statement_timeout` is the server's own
doing, and TCP's timeouts do not see a process that only sleeps.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, ClassVar

import psycopg


class BoundedConnection(psycopg.Connection[Any]):
    """Gives up, and closes, when the server says nothing for `silence_seconds`."""

    silence_seconds: ClassVar[float] = 60.0

    def wait(self, gen: Generator[Any, Any, Any], *arguments: Any, **options: Any) -> Any:
        """Wait for an operation. Raises psycopg.OperationalError where the server is silent."""
        try:
            return super().wait(_without_silence(gen, self.silence_seconds), *arguments, **options)
        except _SilentError:
            # subtle: nobody may wait for the rest of the reply, not even to roll back
            self.pgconn.finish()
            raise


class _SilentError(psycopg.OperationalError):
    pass


def bounded(silence_seconds: float) -> type[BoundedConnection]:
    """Connections that give up after so many seconds of silence."""
    return type("Bounded", (BoundedConnection,), {"silence_seconds": silence_seconds})


def _without_silence(gen: Generator[Any, Any, Any], seconds: float) -> Generator[Any, Any, Any]:
    """The same operation. The driver looks about ten times a second whether anything has come."""
    try:
        wanted = next(gen)
        heard = time.monotonic()
        while True:
            ready = yield wanted
            if ready:
                heard = time.monotonic()
            elif time.monotonic() - heard > seconds:
                raise _SilentError(f"the server did not answer within {seconds:g} seconds")
            wanted = gen.send(ready)
    except StopIteration as end:
        return end.value
