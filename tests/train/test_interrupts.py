"""Ctrl-C while something is stored counts when it is stored."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from train.interrupts import uninterrupted


@pytest.fixture(autouse=True)
def _python_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def store(stored: list[str], *, fails: bool = False) -> None:
    with uninterrupted():
        signal.raise_signal(signal.SIGINT)
        if fails:
            raise ValueError("inside")
        stored.append("whole")


def test_an_interrupt_inside_counts_at_the_end() -> None:
    stored: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        store(stored)
    assert stored == ["whole"]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_failure_inside_is_what_is_raised() -> None:
    with pytest.raises(ValueError, match="inside"):
        store([], fails=True)
