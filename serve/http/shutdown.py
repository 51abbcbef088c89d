"""The end of a worker: who has been let in is answered, and who comes still is told in time."""

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
    """At SIGTERM call `begin`, and only after these seconds what would have happened at once.

    subtle: uvicorn closes idle connections when it stops, also one whose request is on its way;
    meanwhile every answer says that its connection closes, and /readyz that others be asked. At
    last nobody is let in any more, and who came in a moment ago has time to say what is wanted.
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
        loop.call_later(seconds, shut, number)

    def shut(number: int) -> None:
        # uvicorn's own handler is a method of its server; another one has no doors to shut
        for each in getattr(getattr(then, "__self__", None), "servers", ()):
            each.close()
        loop.call_later(SETTLE_SECONDS, then, number, None)

    signal.signal(signal.SIGTERM, handle)
