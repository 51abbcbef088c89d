"""Who has been let in is answered: the order of the steps after SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from serve.http import shutdown as drain
from serve.http.shutdown import delay_sigterm


class Listening:
    """A server as uvicorn keeps it: what it listens with, and what it does at a signal."""

    def __init__(self, told: list[str]) -> None:
        self.told = told
        self.ended = asyncio.Event()
        self.servers = [self]

    def close(self) -> None:
        self.told.append("nobody else is let in")

    def handle_exit(self, number: int, frame: FrameType | None) -> None:
        self.told.append("connections are closed")
        self.ended.set()


@pytest.fixture
def restored() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("restored")
def test_the_door_is_shut_before_those_inside_are_sent_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drain, "SETTLE_SECONDS", 0.02)
    told: list[str] = []

    async def end() -> float:
        server = Listening(told)
        signal.signal(signal.SIGTERM, server.handle_exit)
        delay_sigterm(0.02, lambda: told.append("answers say that it ends"))
        begun = asyncio.get_running_loop().time()
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(10):
            await server.ended.wait()
        return asyncio.get_running_loop().time() - begun

    assert asyncio.run(end()) >= 0.04
    assert told == ["answers say that it ends", "nobody else is let in", "connections are closed"]


@pytest.mark.usefixtures("restored")
def test_a_handler_without_doors_is_called_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain, "SETTLE_SECONDS", 0.0)

    async def end() -> None:
        ended = asyncio.Event()
        signal.signal(signal.SIGTERM, lambda number, frame: ended.set())
        delay_sigterm(0.0, lambda: None)
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(10):
            await ended.wait()

    asyncio.run(end())
