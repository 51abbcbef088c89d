"""A log that no caller can flood: so many lines a second, and a count of those left out."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from time import monotonic
from typing import TextIO

LINES_PER_SECOND = 100


class LimitedLog(logging.StreamHandler[TextIO]):
    """Writes so many lines a second of each level.

    Lines of requests that were answered are not counted: they are written only where they are
    asked for, all of them. How many were left out is said before the next line of a later second,
    and at the end.
    """

    def __init__(
        self,
        stream: TextIO,
        per_second: int = LINES_PER_SECOND,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__(stream)
        self._per_second, self._clock = per_second, clock
        self._second = 0
        self._lines: Counter[int] = Counter()
        self._left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, or count it."""
        if record.__dict__.get("status", 400) < 400:
            super().emit(record)
            return
        second = int(self._clock())
        if second != self._second:
            self._say_left_out()
            self._second = second
            self._lines.clear()
        self._lines[record.levelno] += 1
        if self._lines[record.levelno] > self._per_second:
            self._left_out += 1
        else:
            super().emit(record)

    def close(self) -> None:
        """Say what was left out last."""
        self._say_left_out()
        super().close()

    def _say_left_out(self) -> None:
        if not self._left_out:
            return
        message = "%d lines were left out, more than %d a second; /metrics counts all requests"
        counts = self._left_out, self._per_second
        self._left_out = 0
        super().emit(
            logging.LogRecord(__name__, logging.WARNING, __file__, 0, message, counts, None)
        )
