"""The log: a flood is counted, not written."""

from __future__ import annotations

import io
import logging

from serve.http.limited_log import LimitedLog


class Log:
    """A log of two lines a second, and a clock that stands still."""

    def __init__(self) -> None:
        self.now = 100.0
        self.written = io.StringIO()
        self.handler = LimitedLog(self.written, 2, lambda: self.now)

    def write(self, text: str, level: int = logging.INFO, **extra: int) -> None:
        record = logging.LogRecord("serve.x", level, "x.py", 1, text, (), None)
        record.__dict__.update(extra)
        self.handler.handle(record)

    def lines(self) -> list[str]:
        return self.written.getvalue().splitlines()


def test_a_flood_is_counted_in_one_line() -> None:
    log = Log()
    for number in range(9):
        log.write(f"refused {number}", status=401)
    assert log.lines() == ["refused 0", "refused 1"]
    log.now += 1
    log.write("the next")
    assert log.lines()[2:] == [
        "7 lines were left out, more than 2 a second; /metrics counts all requests",
        "the next",
    ]


def test_a_flood_hides_no_line_of_another_level() -> None:
    log = Log()
    for _ in range(9):
        log.write("refused", status=401)
    log.write("the store is gone", logging.ERROR)
    assert log.lines() == ["refused", "refused", "the store is gone"]


def test_lines_that_are_asked_for_are_all_written() -> None:
    log = Log()
    for _ in range(9):
        log.write("answered", status=200)
    assert log.lines() == ["answered"] * 9


def test_what_was_left_out_last_is_said_at_the_end() -> None:
    log = Log()
    for _ in range(5):
        log.write("refused")
    log.handler.close()
    assert log.lines()[2].startswith("3 lines were left out")
    assert len(log.lines()) == 3
