"""Errors that are not ours take the one shape, wherever they come from."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from serve.errors import OneShape, ServeError, error_response


async def crowded(request: Request) -> Response:
    return JSONResponse({"error": "Too many requests"}, status_code=429)


async def slow(request: Request) -> Response:
    return JSONResponse([{"error": "late"}], status_code=504)


async def broken(request: Request) -> Response:
    raise RuntimeError("a password")


async def rare(request: Request) -> Response:
    return PlainTextResponse("", status_code=418)


async def ours(request: Request) -> Response:
    return error_response(ServeError("too hot", details=[{"field": "x", "message": "is hot"}]))


async def streamed(request: Request) -> Response:
    return StreamingResponse(iter([b"a", b"b"]), status_code=200)


async def half(request: Request) -> Response:
    async def parts() -> Any:
        yield b"a"
        raise RuntimeError("too late to say")

    return StreamingResponse(parts())


PLACES = (crowded, slow, broken, rare, ours, streamed, half)
APP = Starlette(
    routes=[Route(f"/{each.__name__}", each) for each in PLACES],
    middleware=[Middleware(OneShape)],
)


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/crowded", 429, "too many requests at once"),
        ("/slow", 504, "the answer took too long"),
        ("/broken", 500, "something failed inside the service"),
        ("/rare", 418, "I'm a Teapot"),
        ("/nothing", 404, "no such path: GET /nothing"),
    ],
)
def test_a_foreign_error_takes_the_one_shape(path: str, status: int, message: str) -> None:
    response = TestClient(APP).get(path)
    assert response.status_code == status
    assert response.json()["error"]["status"] == status
    assert response.json()["error"]["message"].startswith(message)
    assert "password" not in response.text


def test_an_error_of_ours_passes_as_it_is() -> None:
    response = TestClient(APP).get("/ours")
    assert response.json() == {
        "error": {
            "status": 400,
            "message": "too hot",
            "details": [{"field": "x", "message": "is hot"}],
        }
    }


def test_whoever_comes_too_often_is_told_when_to_come_again() -> None:
    assert TestClient(APP).get("/crowded").headers["retry-after"] == "1"


def test_an_answer_passes_as_it_is() -> None:
    assert TestClient(APP).get("/streamed").content == b"ab"


def test_an_answer_that_has_begun_cannot_become_an_error() -> None:
    with pytest.raises(RuntimeError, match="too late"):
        TestClient(APP).get("/half")
