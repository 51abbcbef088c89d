"""The bytes of a request: JSON only, and no more of them than allowed."""

from __future__ import annotations

from starlette.types import Receive

from serve.errors import MESSAGES, ServeError
from serve.http.headers import JSON, RequestHeaders


class ClientDisconnected(Exception):
    """The caller closed the connection before the request was complete."""


class BodyMemory:
    """Bytes of bodies that are in memory, of all requests together, and the most there may be."""

    __slots__ = ("limit", "used")

    def __init__(self, limit: int) -> None:
        self.used, self.limit = 0, limit


class BodyReader:
    """Reads the body as it arrives, chunk by chunk.

    is_complete   whether its last chunk has come
    """

    __slots__ = ("_bytes", "_memory", "_receive", "is_complete")

    def __init__(self, receive: Receive, memory: BodyMemory) -> None:
        self._receive, self._memory = receive, memory
        self._bytes = 0
        self.is_complete = False

    async def read(self) -> bytes:
        """The next chunk. Raises ClientDisconnected; ServeError (429) where memory is full."""
        chunk = await self.discard()
        self._bytes += len(chunk)
        self._memory.used += len(chunk)
        if self._memory.used > self._memory.limit:
            raise ServeError(
                "too many large requests at once; try again in a second", status=429, reason="busy"
            )
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
        self._memory.used -= self._bytes
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


def too_large(most_bytes: int) -> ServeError:
    """The refusal of a body with more bytes than this."""
    return ServeError(
        f"the body is larger than {most_bytes:,} bytes: send fewer customers in one request, "
        "or raise PERENNIAL_MAX_BODY_BYTES",
        status=413,
    )
