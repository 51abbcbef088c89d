"""Graceful shutdown: requests in flight are answered, and callers learn in time to go elsewhere."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

logger = logging.getLogger(__name__)

SETTLE_SECONDS = 0.5
ANSWER_SECONDS = 4.0
CLOSE_SECONDS = 1.5
LAST_WORD_SECONDS = 0.05


def end_process() -> None:
    """End this process, whatever its threads are at."""
    logger.error("ended before all of its work was done")
    os._exit(1)


async def nothing_to_break_off() -> None:
    """There are no connections that are known here."""


def delay_sigterm(
    seconds: float, begin: Callable[[], None], *, end: Callable[[], None] = end_process
) -> Callable[[], Awaitable[None]]:
    """At SIGTERM call `begin`, and only after these seconds the handler that was there before.

    subtle: uvicorn closes idle connections when it stops, also one whose request is on its way.
    Until then every response closes its connection, and /readyz sends callers elsewhere; then the
    sockets stop listening, and connections accepted just before have SETTLE_SECONDS to send their
    request. What is in flight then has ANSWER_SECONDS to be answered and read, else it is broken
    off; and where the process is still there CLOSE_SECONDS later, held by a thread or a callback
    that does not return, `end` is called. Call it from the event loop; outside the main thread,
    which alone gets signals, it does nothing.

    Returns what is to be called last: it breaks off connections that are still being written to.
    """
    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        return nothing_to_break_off
    loop = asyncio.get_running_loop()
    previous: Callable[[int, FrameType | None], object] = before
    # uvicorn's own handler is a method of its server; another handler has no sockets to close
    server: Any = getattr(previous, "__self__", None)

    def handle(number: int, frame: FrameType | None) -> None:
        # a second signal is not to wait
        signal.signal(signal.SIGTERM, previous)
        _call_later(seconds + SETTLE_SECONDS + ANSWER_SECONDS + CLOSE_SECONDS, end)
        loop.call_soon_threadsafe(start, number)

    def start(number: int) -> None:
        logger.info("ending: requests in flight are answered, new ones for %g seconds", seconds)
        begin()
        loop.call_later(seconds, stop_listening, number)

    def stop_listening(number: int) -> None:
        for each in getattr(server, "servers", ()):
            each.close()
        if hasattr(server, "config"):
            server.config.timeout_graceful_shutdown = ANSWER_SECONDS
        loop.call_later(SETTLE_SECONDS, previous, number, None)

    async def break_off_connections() -> None:
        # refusals that were written just now are on their way
        await asyncio.sleep(LAST_WORD_SECONDS)
        for each in list(server.server_state.connections):
            each.transport.abort()

    signal.signal(signal.SIGTERM, handle)
    return break_off_connections if hasattr(server, "server_state") else nothing_to_break_off


def _call_later(seconds: float, call: Callable[[], None]) -> None:
    """Call it in a thread of its own: the event loop may be held up, and threads not return."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
