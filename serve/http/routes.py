"""The paths that are answered here, each with what answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote

JSON_TYPE = b"application/json"
PLACE = "/{"
# What is answered behind the front: without a key, and at all.
OPEN = frozenset({"/", "/livez", "/docs.json"})
STATIC = "/static/"
KNOWN = frozenset({*OPEN, "/healthz", "/schema.json"})


class Call(NamedTuple):
    """What was asked at a door.

    body    bytes of the body; empty at a door without one
    value   what stands in the path in the place of {...}
    query   what follows the question mark
    """

    body: bytes
    value: str
    query: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is not just a 200 with JSON."""

    body: bytes
    status: int = 200
    kind: bytes = JSON_TYPE


Answer = Callable[[Call], Awaitable[bytes | Reply]]


@dataclass(frozen=True, slots=True)
class Door:
    """A path, and what answers there; `answer` may raise ServeError.

    path    as in /docs.json: /predict, or with one place at its end: /customers/{customer_id}
    open    answered without a key
    spare   answered however many requests are in hand: probes and metrics
    """

    path: str
    answer: Answer
    method: str = "GET"
    open: bool = False
    spare: bool = False
    methods: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        methods = ("GET", "HEAD") if self.method == "GET" else (self.method,)
        object.__setattr__(self, "methods", methods)


class Doors:
    """Finds the door of a path."""

    def __init__(self, doors: Iterable[Door] = ()) -> None:
        all_doors = list(doors)
        self._exact = {door.path: door for door in all_doors if PLACE not in door.path}
        self._places = [
            (door.path.partition("{")[0], door) for door in all_doors if PLACE in door.path
        ]

    def find(self, path: str, raw_path: bytes) -> tuple[Door | None, str]:
        """The door of a path and the value in its place.

        The value may hold a slash: it is read from the path as it was sent, and decoded then.
        """
        door = self._exact.get(path)
        if door is not None:
            return door, ""
        for start, candidate in self._places:
            if path.startswith(start) and len(path) > len(start):
                raw = raw_path.decode("latin-1") or path
                return candidate, unquote(raw[len(start) :]) if raw.startswith(start) else ""
        return None, ""

    def name(self, path: str) -> str:
        """A path as it is documented, for counts, logs and traces: it names no customer."""
        door, _ = self.find(path, b"")
        return door.path if door else known(path)


def known(path: str) -> str:
    """A path behind the front as a name: one that is known, or "other"."""
    if path in KNOWN:
        return path
    return "/static" if path.startswith(STATIC) else "other"
