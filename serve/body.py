"""The bytes of a request: JSON only, and no more of them than allowed."""

from __future__ import annotations

from starlette.types import Receive

from serve.errors import MESSAGES, ServeError
from serve.heads import JSON, Head


class Gone(Exception):
    """The caller went away before the request was complete."""


async def read_body(head: Head, path: str, receive: Receive, most_bytes: int) -> bytes:
    """The body. Raises ServeError: 415 for another content type, 413 for too many bytes; Gone.

    Bytes are counted as they arrive, so a chunked body, which declares no length, is cut too.
    """
    if head.kind != JSON or head.encoding:
        kind = (head.encoding or head.kind).decode("latin-1")[:60]
        raise ServeError(f"{MESSAGES[415].format(path=path)}, got {kind}", status=415)
    if head.length is not None and head.length > most_bytes:
        raise too_large(most_bytes)
    body, more = await _part(receive)
    if not more and len(body) <= most_bytes:
        return body
    parts, total = [body], len(body)
    while more and total <= most_bytes:
        part, more = await _part(receive)
        parts.append(part)
        total += len(part)
    if total > most_bytes:
        raise too_large(most_bytes)
    return b"".join(parts)


def too_large(most_bytes: int) -> ServeError:
    """The refusal of a body with more bytes than this."""
    return ServeError(
        f"the body is larger than {most_bytes:,} bytes: send fewer customers in one request, "
        "or raise PERENNIAL_MAX_BODY_BYTES",
        status=413,
    )


async def _part(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    return message.get("body", b""), message.get("more_body", False)
