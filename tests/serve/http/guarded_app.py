"""The middleware in this process, around an application and handlers that do little."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.responses import Response as StarletteResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from serve.api.endpoints import ENDPOINTS, Endpoint
from serve.api.query import CustomerQuery
from serve.errors import ServeError
from serve.http.access_control import AccessControl
from serve.http.api_keys import ApiKeys, make_key
from serve.http.middleware import Middleware
from serve.http.rate_limits import RateLimits
from serve.http.routes import Request, Response, Router
from serve.settings import Settings

CRM = make_key("crm")
BEARER = {"authorization": f"Bearer {CRM['key']}"}
LOCAL = "http://127.0.0.1:3000"


async def crowded(request: StarletteRequest) -> StarletteResponse:
    return JSONResponse({"error": "Too many requests"}, status_code=429)


async def blamed(request: StarletteRequest) -> StarletteResponse:
    raise RuntimeError("a password")


async def rare(request: StarletteRequest) -> StarletteResponse:
    return PlainTextResponse("", status_code=418)


async def streamed(request: StarletteRequest) -> StarletteResponse:
    return StreamingResponse(iter([b"a", b"b"]), headers={"X-Content-Type-Options": "sniff"})


async def livez(request: StarletteRequest) -> StarletteResponse:
    return PlainTextResponse("\n")


async def echo(request: Request) -> bytes:
    return json.dumps([request.body.decode(), request.path_value, request.query]).encode()


async def refused(request: Request) -> bytes:
    raise ServeError("too hot", details=[{"field": "x", "message": "is hot"}])


async def broken(request: Request) -> bytes:
    raise RuntimeError("a password")


async def slow(request: Request) -> bytes:
    await asyncio.sleep(30)
    return b""


async def gave_up(request: Request) -> bytes:
    raise TimeoutError("a database")


async def state(request: Request) -> Response:
    return Response(b"{}", status=503)


APP = Starlette(
    routes=[
        *[Route(f"/{each.__name__}", each) for each in (crowded, blamed, rare, streamed, livez)],
        Route("/", livez),
    ]
)
POSTED = {each.__name__: each for each in (echo, refused, broken, slow)}
ROUTER = Router(
    [
        *[each for each in ENDPOINTS if each.upstream],
        *[Endpoint("POST", f"/{name}", name) for name in POSTED],
        Endpoint("GET", "/gave_up", "gave_up"),
        Endpoint("GET", "/customers/{customer_id}", "customer", query=CustomerQuery),
        Endpoint("GET", "/readyz", "ready", open=True, exempt_from_limit=True),
    ],
    {**POSTED, "gave_up": gave_up, "customer": echo, "ready": state},
)


def client(keys: str = "", rate: int = 0, address: str = LOCAL, **settings: Any) -> TestClient:
    given = Settings(tracking_uri="none", **settings)
    middleware = Middleware(
        APP, given, AccessControl(ApiKeys(keys), RateLimits(rate)), lambda is_shutting_down: ROUTER
    )
    middleware.state.router = ROUTER
    return TestClient(middleware, base_url=address, raise_server_exceptions=False)


def error(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    found: dict[str, Any] = response.json()["error"]
    names = ["status", "code", "message", "field", "details", "request_id"]
    assert (list(found), found["status"]) == (names, status)
    assert found["request_id"] == response.headers["x-request-id"]
    assert "password" not in response.text
    return found
