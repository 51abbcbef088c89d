"""Graceful shutdown: the order of the steps after SIGTERM."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType

import pytest

from serve.http import shutdown
from serve.http.open_connections import ConnectionLimits
from serve.http.shutdown import delay_sigterm
from serve.settings import Settings
from tests.serve.http.worker import CRM, Worker, ask, everything, until


def never() -> None:
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
        delay_sigterm(0.02, lambda: steps.append("responses say that it ends"), end=never)
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
        delay_sigterm(0.0, lambda: None, end=never)
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(10):
            await ended.wait()

    asyncio.run(end())


@dataclass
class Caller:
    """Somebody who asks and then does nothing, while the server is told to end.

    held_up   whether the server would not end by itself
    """

    worker: Worker
    request: bytes
    answer: bytes = b""
    held_up: bool = False
    server_ended: threading.Event = field(default_factory=threading.Event)

    def call(self) -> None:
        server = self.worker.server
        until(lambda: server.started)
        self.worker.find_port()
        with self.worker.connect(self.request, buffer=4_096) as plain:
            until(lambda: len(server.server_state.connections) == 1)
            time.sleep(0.02)  # what comes within it may be answered before the end
            os.kill(os.getpid(), signal.SIGTERM)
            self.held_up = not self.server_ended.wait(10)
            server.force_exit = True
            self.worker.go_on.set()
            self.answer = everything(plain)


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        (ask("GET", "/held"), [503]),
        (ask("POST", "/echo", "content-length: 50", body=b"{"), [503]),
        (ask("POST", "/echo", "content-length: 50", key=""), [401]),
        (ask("GET", "/bytes/12000000"), [200]),
    ],
    ids=["handler", "body", "refused body", "unread"],
)
def test_no_caller_holds_up_the_end(
    monkeypatch: pytest.MonkeyPatch, request_: bytes, statuses: list[int]
) -> None:
    monkeypatch.setattr(shutdown, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(shutdown, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(shutdown, "CLOSE_SECONDS", 1e6)
    given = Settings(tracking_uri="none", api_keys=CRM["line"], drain_seconds=0.01)
    caller = Caller(Worker(given, ConnectionLimits()), request_)
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    thread = threading.Thread(target=caller.call)
    thread.start()
    caller.worker.server.run()
    caller.server_ended.set()
    thread.join()
    assert not caller.held_up
    assert [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3}) ", caller.answer)] == statuses
    assert (b"the service ends" in caller.answer) == (503 in statuses)


@pytest.mark.usefixtures("restored")
def test_a_process_that_is_held_up_ends_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SETTLE_SECONDS", "ANSWER_SECONDS", "CLOSE_SECONDS"):
        monkeypatch.setattr(shutdown, name, 0.01)
    ended = threading.Event()

    async def hold_up() -> bool:
        signal.signal(signal.SIGTERM, lambda number, frame: None)
        delay_sigterm(0.0, lambda: None, end=ended.set)
        os.kill(os.getpid(), signal.SIGTERM)
        return ended.wait(10)  # the event loop does nothing else meanwhile

    assert asyncio.run(hold_up())
