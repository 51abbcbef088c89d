"""All connections of a worker: how many there may be, and how long an answer may lie unread."""

from __future__ import annotations

import asyncio
import logging
import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

logger = logging.getLogger(__name__)

# Descriptors that are not for connections: files, stores, the registry.
RESERVED_DESCRIPTORS = 128
FEWEST_CONNECTIONS = 8
LOOK_SECONDS = 1.0
SAY_AGAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What the connections of a worker are bound to.

    head_seconds   how long a head may take to arrive
    write_seconds  how long an answer may take to be read
    connections    how many may be open at once
    unsent_bytes   of answers that were not read yet, of all connections together
    """

    head_seconds: float = 20.0
    write_seconds: float = 60.0
    connections: int = 1_000
    unsent_bytes: int = 256 * 1024 * 1024


class Connection(Protocol):
    """What is known here of a connection."""

    transport: asyncio.Transport

    @property
    def cycle(self) -> object:
        """Its newest request: another one where there was progress."""

    @property
    def is_refused(self) -> bool:
        """Whether it was refused, and is only read on so that the caller gets to see that."""


@dataclass(slots=True)
class Unsent:
    """Since when bytes of a connection's newest answer wait to be read."""

    cycle: object
    since: float


@dataclass(slots=True)
class OpenConnections:
    """The connections of a worker, and those among them that wait for a request.

    Where there are too many, the one that waits the longest makes room: callers who send nothing
    cannot keep out those who do.
    """

    limits: ConnectionLimits
    _open: dict[Connection, None] = field(default_factory=dict)
    _waiting: dict[Connection, None] = field(default_factory=dict)
    _unsent: dict[Connection, Unsent] = field(default_factory=dict)
    _timer: asyncio.TimerHandle | None = None
    _said: dict[str, float] = field(default_factory=dict)

    def add(self, connection: Connection) -> bool:
        """Count a new one, which waits for its request; False where there is no room for it."""
        if self._timer is None:
            self._look_again()
        most = min(self.limits.connections, descriptors_for_connections())
        if len(self._open) >= most and not self._make_room(most):
            return False
        self._open[connection] = self._waiting[connection] = None
        return True

    def remove(self, connection: Connection) -> None:
        """It is closed."""
        self._open.pop(connection, None)
        self._waiting.pop(connection, None)
        self._unsent.pop(connection, None)

    def starts_waiting(self, connection: Connection) -> None:
        """Its request was answered."""
        if connection in self._open:
            self._waiting[connection] = None

    def stops_waiting(self, connection: Connection) -> None:
        """A request is there."""
        self._waiting.pop(connection, None)

    def bound_unsent(self) -> None:
        """Abort the connections that let answers lie the longest, while there is too much."""
        self._note_unsent()
        total = sum(each.transport.get_write_buffer_size() for each in self._unsent)
        for each in list(self._unsent):
            if total <= self.limits.unsent_bytes:
                return
            total -= each.transport.get_write_buffer_size()
            self._abort(each, "too many bytes of answers are not read")

    def _make_room(self, most: int) -> bool:
        self._say("all %d connections are open; those without a request make room", most)
        found = next(iter(self._waiting), None) or next(
            (each for each in self._open if each.is_refused), None
        )
        if found is None:
            return False
        self.remove(found)
        found.transport.abort()
        return True

    def _look_again(self) -> None:
        seconds = min(LOOK_SECONDS, self.limits.write_seconds / 4)
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        """Abort what nobody reads; go on as long as there is a connection."""
        self._timer = None
        self._note_unsent()
        latest = asyncio.get_running_loop().time() - self.limits.write_seconds
        for each, unsent in list(self._unsent.items()):
            if unsent.since < latest:
                self._abort(each, "an answer was not read in time")
        if self._open:
            self._look_again()

    def _note_unsent(self) -> None:
        now = asyncio.get_running_loop().time()
        for each in self._open:
            if not each.transport.get_write_buffer_size():
                self._unsent.pop(each, None)
            elif each not in self._unsent or self._unsent[each].cycle is not each.cycle:
                self._unsent[each] = Unsent(each.cycle, now)

    def _abort(self, connection: Connection, why: str) -> None:
        self._say("connections are closed: %s", why)
        self.remove(connection)
        connection.transport.abort()

    def _say(self, message: str, what: object) -> None:
        """Once, and again where it goes on."""
        now = asyncio.get_running_loop().time()
        if now - self._said.get(message, -SAY_AGAIN_SECONDS) >= SAY_AGAIN_SECONDS:
            self._said[message] = now
            logger.warning(message, what)


def descriptors_for_connections(
    read_limit: Callable[[int], tuple[int, int]] = resource.getrlimit,
) -> int:
    """How many connections this process has descriptors for (`ulimit -n`)."""
    soft, _ = read_limit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 2**31
    return max(soft - RESERVED_DESCRIPTORS, FEWEST_CONNECTIONS)
