"""The bytes of a request: JSON only, and no more of them than allowed."""

from __future__ import annotations

from starlette.requests import Request

from serve.errors import MESSAGES, ServeError


async def read_body(request: Request, most_bytes: int) -> bytes:
    """The body. Raises ServeError: 415 for another content type, 413 for too many bytes.

    Bytes are counted as they arrive, so a chunked body, which declares no length, is cut too.
    """
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind != "application/json":
        raise ServeError(f"{MESSAGES[415].format(path=request.url.path)}, got {kind}", status=415)
    declared = request.headers.get("content-length", "0")
    parts, total = [], int(declared) if declared.isdecimal() else 0
    if total <= most_bytes:
        total = 0
        async for part in request.stream():
            parts.append(part)
            total += len(part)
            if total > most_bytes:
                break
    if total > most_bytes:
        raise ServeError(
            f"the body is larger than {most_bytes:,} bytes: send fewer customers in one request, "
            "or raise PERENNIAL_MAX_BODY_BYTES",
            status=413,
        )
    return b"".join(parts)
