"""Responses that are sent as they are made: errors in them, and readers who go or do not read."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Message

from serve.api.endpoints import Endpoint
from serve.errors import ServeError
from serve.http.access_control import AccessControl
from serve.http.api_keys import ApiKeys
from serve.http.middleware import Middleware
from serve.http.rate_limits import RateLimits
from serve.http.routes import Request, Router, StreamedResponse
from serve.http.turns import in_turns
from serve.settings import Settings

Parts = Callable[[], AsyncGenerator[bytes]]
KIND = b"application/x-ndjson"


def middleware(parts: Parts, **settings: Any) -> Middleware:
    async def handler(request: Request) -> StreamedResponse:
        return StreamedResponse(parts(), KIND)

    made = Middleware(
        Starlette(),
        Settings(tracking_uri="none", **settings),
        AccessControl(ApiKeys(), RateLimits(0)),
        lambda is_shutting_down: Router(),
    )
    made.state.router = Router([Endpoint("GET", "/lines", "lines")], {"lines": handler})
    return made


def client(parts: Parts, **settings: Any) -> TestClient:
    return TestClient(
        middleware(parts, **settings),
        base_url="http://127.0.0.1:3000",
        raise_server_exceptions=False,
    )


def failing(after: int, error: Exception) -> Parts:
    async def parts() -> AsyncGenerator[bytes]:
        for number in range(after):
            yield b"%d\n" % number
        raise error

    return parts


def test_lines_come_in_order_and_end_well() -> None:
    async def parts() -> AsyncGenerator[bytes]:
        for number in range(3):
            yield b"%d\n" % number

    response = client(parts).get("/lines")
    assert (response.status_code, response.content) == (200, b"0\n1\n2\n")
    assert response.headers["content-type"] == KIND.decode()
    assert response.headers["cache-control"] == "no-store"
    assert "content-length" not in response.headers


def test_an_error_before_the_first_line_is_an_ordinary_one() -> None:
    response = client(failing(0, ServeError("too hot", status=503))).get("/lines")
    assert response.status_code == 503
    assert response.json()["error"]["message"] == "too hot"


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (ServeError("too hot"), 400, "too hot"),
        (RuntimeError("a password"), 500, "something failed inside the service; its log says what"),
    ],
)
def test_an_error_in_the_middle_is_the_last_line(
    error: Exception, status: int, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "serve")
    response = client(failing(2, error)).get("/lines")
    *lines, last = response.text.splitlines()
    assert (response.status_code, lines) == (200, ["0", "1"])
    found = json.loads(last)["error"]
    assert (found["status"], found["message"]) == (status, message)
    assert found["request_id"] == response.headers["x-request-id"]
    [record] = [each for each in caplog.records if each.name == "serve.http.request_cycle"]
    assert record.__dict__["status"] == status


def run(made: Middleware, receive: Any, send: Any) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/lines",
        "raw_path": b"/lines",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
        "server": ("127.0.0.1", 3000),
    }
    asyncio.run(made(scope, receive, send))


async def endless() -> AsyncGenerator[bytes]:
    for number in range(10_000):
        yield b"%d\n" % number
        await asyncio.sleep(0)


async def stays() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


def test_for_a_reader_who_has_gone_nothing_more_is_made() -> None:
    sent: list[Message] = []
    gone = asyncio.Event()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) == 5:
            gone.set()

    made = middleware(endless)
    run(made, receive, send)
    assert 5 <= len(sent) < 20
    assert sent[-1].get("more_body"), "not as if that had been all"
    assert made.state.in_flight.used == 0


def test_a_reader_who_does_not_read_is_given_up() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) == 3:
            await asyncio.Event().wait()

    made = middleware(endless, timeout_seconds=0.05)
    run(made, stays, send)
    assert len(sent) == 3
    assert sent[-1]["more_body"], "not as if that had been all"
    assert made.state.in_flight.used == 0


def test_the_deadline_is_that_of_each_part() -> None:
    async def parts() -> AsyncGenerator[bytes]:
        for number in range(8):
            await asyncio.sleep(0.05)
            yield b"%d\n" % number

    response = client(parts, timeout_seconds=0.2).get("/lines")
    assert response.text.split() == [*"01234567"]


def test_parts_are_made_in_turns_and_no_further_than_asked() -> None:
    made: list[str] = []
    first = threading.Event()

    async def take(threads: ThreadPoolExecutor) -> None:
        def parts(name: str) -> Any:
            for number in range(3):
                first.wait(1)
                made.append(f"{name}{number}")
                yield name.encode()

        one, two = (in_turns(parts(name), threads) for name in "ab")
        tasks = [asyncio.ensure_future(anext(each)) for each in (one, two)]
        first.set()
        await asyncio.gather(*tasks)
        assert sorted(made) == ["a0", "b0"]
        assert [each async for each in one] == [b"a", b"a"]
        await two.aclose()

    with ThreadPoolExecutor(1) as threads:
        asyncio.run(take(threads))
    assert made[2:] == ["a1", "a2"]
