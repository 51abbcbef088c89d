"""Graceful shutdown: the order of the steps after SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from serve.http import shutdown
from serve.http.shutdown import delay_sigterm


def NEVER() -> None:
    """In the place of the end of a process that is not held up."""


class Listening:
    """A server as uvicorn keeps it: what it listens with, and what it does at a signal."""

    def __init__(self, steps: list[str]) -> None:
        self.steps = steps
        self.ended = asyncio.Event()
        self.servers = [self]

    def close(self) -> None:
        self.steps.append("no connection is accepted")

    def handle_exit(self, number: int, frame: FrameType | None) -> None:
        self.steps.append("connections are closed")
        self.ended.set()


@pytest.fixture
def restored() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("restored")
def test_the_socket_is_closed_before_the_connections_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutdown, "SETTLE_SECONDS", 0.02)
    steps: list[str] = []

    async def end() -> float:
        server = Listening(steps)
        signal.signal(signal.SIGTERM, server.handle_exit)
        delay_sigterm(0.02, lambda: steps.append("responses say that it ends"), end=NEVER)
        begun = asyncio.get_running_loop().time()
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(10):
            await server.ended.wait()
        return asyncio.get_running_loop().time() - begun

    assert asyncio.run(end()) >= 0.04
    assert steps == [
        "responses say that it ends",
        "no connection is accepted",
        "connections are closed",
    ]


@pytest.mark.usefixtures("restored")
def test_a_handler_without_sockets_is_called_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdown, "SETTLE_SECONDS", 0.0)

    async def end() -> None:
        ended = asyncio.Event()
        signal.signal(signal.SIGTERM, lambda number, frame: ended.set())
        delay_sigterm(0.0, lambda: None, end=NEVER)
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(10):
            await ended.wait()

    asyncio.run(end())
