"""Graceful shutdown: requests in flight are answered, and callers learn in time to go elsewhere."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType

logger = logging.getLogger(__name__)

SETTLE_SECONDS = 0.5


def delay_sigterm(seconds: float, begin: Callable[[], None]) -> None:
    """At SIGTERM call `begin`, and only after these seconds the handler that was there before.

    subtle: uvicorn closes idle connections when it stops, also one whose request is on its way.
    Until then every response closes its connection, and /readyz sends callers elsewhere; then the
    sockets stop listening, and connections accepted just before have SETTLE_SECONDS to send their
    request. Call it from the event loop; outside the main thread, which alone gets signals, it does
    nothing.
    """
    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        return
    loop = asyncio.get_running_loop()
    previous: Callable[[int, FrameType | None], object] = before

    def handle(number: int, frame: FrameType | None) -> None:
        # a second signal is not to wait
        signal.signal(signal.SIGTERM, previous)
        loop.call_soon_threadsafe(start, number)

    def start(number: int) -> None:
        logger.info("ending: requests in flight are answered, new ones for %g seconds", seconds)
        begin()
        loop.call_later(seconds, stop_listening, number)

    def stop_listening(number: int) -> None:
        # uvicorn's own handler is a method of its server; another handler has no sockets to close
        for each in getattr(getattr(previous, "__self__", None), "servers", ()):
            each.close()
        loop.call_later(SETTLE_SECONDS, previous, number, None)

    signal.signal(signal.SIGTERM, handle)
