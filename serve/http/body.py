"""The bytes of a request: JSON only, and no more of them than allowed."""

from __future__ import annotations

from starlette.types import Receive

from serve.errors import MESSAGES, ServeError
from serve.http.headers import JSON, Head


class Gone(Exception):
    """The caller went away before the request was complete."""


class Stock:
    """Bytes of bodies that are in memory, of all requests together, and the most there may be."""

    __slots__ = ("held", "most")

    def __init__(self, most: int) -> None:
        self.held, self.most = 0, most


class Incoming:
    """The body as it arrives, part by part.

    ended   whether its last part has come
    """

    __slots__ = ("_receive", "_stock", "_taken", "ended")

    def __init__(self, receive: Receive, stock: Stock) -> None:
        self._receive, self._stock = receive, stock
        self._taken = 0
        self.ended = False

    async def part(self) -> bytes:
        """The next part. Raises Gone; ServeError (429) where too much is in memory already."""
        part = await self.skip()
        self._taken += len(part)
        self._stock.held += len(part)
        if self._stock.held > self._stock.most:
            raise ServeError(
                "too many large requests at once; try again in a second", status=429, reason="busy"
            )
        return part

    async def skip(self) -> bytes:
        """The next part, not to be kept. Raises Gone."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Gone
        self.ended = not message.get("more_body", False)
        part: bytes = message.get("body", b"")
        return part

    def give_back(self) -> None:
        """The body is no longer needed."""
        self._stock.held -= self._taken
        self._taken = 0


async def read_body(head: Head, path: str, incoming: Incoming, most_bytes: int) -> bytes:
    """The body. Raises ServeError: 415 for another content type, 413 for too many bytes; Gone.

    Bytes are counted as they arrive, so a chunked body, which declares no length, is cut too.
    """
    if head.kind != JSON or head.encoding:
        kind = (head.encoding or head.kind).decode("latin-1")[:60]
        raise ServeError(f"{MESSAGES[415].format(path=path)}, got {kind}", status=415)
    if head.length is not None and head.length > most_bytes:
        raise too_large(most_bytes)
    parts = [await incoming.part()]
    total = len(parts[0])
    while not incoming.ended and total <= most_bytes:
        parts.append(await incoming.part())
        total += len(parts[-1])
    if total > most_bytes:
        raise too_large(most_bytes)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def too_large(most_bytes: int) -> ServeError:
    """The refusal of a body with more bytes than this."""
    return ServeError(
        f"the body is larger than {most_bytes:,} bytes: send fewer customers in one request, "
        "or raise PERENNIAL_MAX_BODY_BYTES",
        status=413,
    )
