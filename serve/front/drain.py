"""The end of a worker: who has been let in is answered, and who comes still is told in time."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType

logger = logging.getLogger(__name__)


def delay_sigterm(seconds: float, begin: Callable[[], None]) -> None:
    """At SIGTERM call `begin`, and only after these seconds what would have happened at once.

    subtle: uvicorn closes idle connections when it stops, also one whose next request is on its
    way; meanwhile every answer says that its connection closes, and /readyz that others be asked.
    Call it from the event loop; outside the main thread, which alone gets signals, it does nothing.
    """
    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        return
    loop = asyncio.get_running_loop()
    then: Callable[[int, FrameType | None], object] = before

    def handle(number: int, frame: FrameType | None) -> None:
        # a second signal is not to wait
        signal.signal(signal.SIGTERM, then)
        loop.call_soon_threadsafe(start, number)

    def start(number: int) -> None:
        logger.info("ending: requests in hand are answered, new ones for %g seconds", seconds)
        begin()
        loop.call_later(seconds, then, number, None)

    signal.signal(signal.SIGTERM, handle)
