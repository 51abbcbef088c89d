"""The bytes of a request: JSON only, and no more of them than allowed."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import Receive

from serve.errors import MESSAGES, ServeError
from serve.http.headers import JSON, RequestHeaders
from serve.http.shared_limits import SharedLimit

# Of a body that no endpoint reads: what comes with a request that is answered all the same, and
# what is read after a refusal so that the caller gets to see it.
MOST_IGNORED_BYTES = 64 * 1024
MOST_DISCARDED_BYTES = 128 * 1024 * 1024


class ClientDisconnected(Exception):
    """The caller closed the connection before the request was complete."""


class BodyReader:
    """Reads the body as it arrives, chunk by chunk.

    is_complete   whether its last chunk has come
    """

    __slots__ = ("_bytes", "_key", "_memory", "_receive", "is_complete")

    def __init__(self, receive: Receive, memory: SharedLimit) -> None:
        self._receive, self._memory = receive, memory
        self._bytes = 0
        self._key = ""
        self.is_complete = False

    def count_for(self, key: str) -> None:
        """Count the bytes that are stored from now on as those of this key."""
        self._key = key

    async def read(self) -> bytes:
        """The next chunk. Raises ClientDisconnected; ServeError (429) where memory is full."""
        chunk = await self.discard()
        self._memory.take(self._key, len(chunk))
        self._bytes += len(chunk)
        return chunk

    async def discard(self) -> bytes:
        """The next chunk, which is not to be stored. Raises ClientDisconnected."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        self.is_complete = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk

    def release(self) -> None:
        """The body is no longer in memory."""
        if self._bytes:
            self._memory.give_back(self._key, self._bytes)
            self._bytes = 0


async def read_body(
    headers: RequestHeaders, path: str, reader: BodyReader, most_bytes: int
) -> bytes:
    """The body. Raises ServeError: 415 for another content type, 413 for too many bytes;
    ClientDisconnected.

    Bytes are counted as they arrive, so a chunked body, which declares no length, is cut too.
    """
    if headers.content_type != JSON or headers.encoding:
        got = (headers.encoding or headers.content_type).decode("latin-1")[:60]
        raise ServeError(f"{MESSAGES[415].format(path=path)}, got {got}", status=415)
    if headers.content_length is not None and headers.content_length > most_bytes:
        raise too_large(most_bytes)
    chunks = [await reader.read()]
    total = len(chunks[0])
    while not reader.is_complete and total <= most_bytes:
        chunks.append(await reader.read())
        total += len(chunks[-1])
    if total > most_bytes:
        raise too_large(most_bytes)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def ignore_body(reader: BodyReader, path: str) -> None:
    """Pass over a body that nobody asked for. Raises ServeError (413); ClientDisconnected."""
    total = 0
    while not reader.is_complete:
        total += len(await reader.discard())
        if total > MOST_IGNORED_BYTES:
            raise ServeError(
                f"{path} reads no body, and more than {MOST_IGNORED_BYTES:,} bytes came: "
                "send it without one",
                status=413,
            )


async def discard_rest(reader: BodyReader, seconds: float) -> None:
    """Read on after a refusal, for so long, so that the caller gets to see it.

    subtle: to close a connection on which bytes are unread throws the response away as well.
    """
    left = MOST_DISCARDED_BYTES
    with suppress(TimeoutError, ClientDisconnected):
        async with asyncio.timeout(seconds):
            while not reader.is_complete and left > 0:
                left -= len(await reader.discard())


def too_large(most_bytes: int) -> ServeError:
    """The refusal of a body with more bytes than this."""
    return ServeError(
        f"the body is larger than {most_bytes:,} bytes: send fewer customers in one request, "
        "or raise PERENNIAL_MAX_BODY_BYTES",
        status=413,
    )
