"""Sends a body as it is made, as long as somebody reads it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from starlette.types import Receive, Send

from serve.http.body import ClientDisconnected


async def send_parts(
    first: bytes,
    rest: AsyncGenerator[bytes],
    send: Send,
    receive: Receive,
    *,
    before_each: Callable[[], None],
) -> None:
    """Send a body in parts, and its end. Raises ClientDisconnected, without making any more."""
    waiting = asyncio.ensure_future(_wait_for_disconnection(receive))
    part = first
    try:
        while part:
            before_each()
            await send({"type": "http.response.body", "body": part, "more_body": True})
            if waiting.done():
                raise ClientDisconnected
            part = await anext(rest, b"")
    finally:
        waiting.cancel()
    await send({"type": "http.response.body", "body": b""})


async def _wait_for_disconnection(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
