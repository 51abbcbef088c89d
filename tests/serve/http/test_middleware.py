"""What the middleware does to every request, in this process."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
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
from serve.http.local_callers import is_loopback
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


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/crowded", 429, "too many requests at once"),
        ("/blamed", 500, "something failed inside the service"),
        ("/rare", 418, "I'm a Teapot"),
        ("/nothing", 404, "no such path: GET /nothing"),
        ("/echo", 405, "GET is not allowed on /echo, use POST"),
        ("/gave_up", 500, "something failed inside the service"),
    ],
)
def test_an_error_takes_the_one_shape_wherever_it_comes_from(
    path: str, status: int, message: str
) -> None:
    assert error(client().get(path), status)["message"].startswith(message)


def test_an_error_of_a_handler_is_sent_with_its_message() -> None:
    found = error(client().post("/refused"), 400)
    assert (found["message"], found["field"]) == ("too hot", "x")
    assert error(client().post("/broken"), 500)["code"] == "internal"


def test_a_refusal_has_allow_or_retry_after() -> None:
    assert client().get("/echo").headers["allow"] == "POST"
    assert set(client().delete("/rare").headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert client().get("/crowded").headers["retry-after"] == "1"


def test_a_handler_gets_body_value_and_query() -> None:
    assert client().post("/echo", content=b"{}").json() == ["{}", "", ""]
    assert client().get("/customers/a%2Fb%20ü?x=1").json() == ["", "a/b ü", "x=1"]
    assert error(client().get("/customers/"), 404)
    assert client().head("/customers/a").status_code == 200


@pytest.mark.parametrize(
    ("query", "named"), [("foo=1", "foo"), ("a%20b", "a b"), ("x" * 500, "x…"), ("=", "")]
)
def test_a_query_that_an_endpoint_does_not_read_is_refused(query: str, named: str) -> None:
    found = error(client().post(f"/echo?{query}"), 400)
    assert (found["field"], found["message"].count("/echo reads nothing after")) == ("query", 1)
    assert named in found["message"]
    assert len(found["message"]) < 300
    error(client().get("/gave_up?x"), 400)


def test_a_page_and_its_files_may_be_asked_for_with_a_query() -> None:
    assert client().get("/?v=2").status_code == 200
    assert client().get("/livez?v=2").status_code == 200


def test_an_answer_of_others_passes_with_headers_of_ours() -> None:
    answer = client().get("/streamed")
    assert answer.content == b"ab"
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "default-src 'self'" in client().get("/").headers["content-security-policy"]


def test_customer_data_is_not_to_be_cached() -> None:
    for answer in (client().post("/echo"), client().post("/refused")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("given", ["call-7", "A.b_c-9" * 9])
def test_a_plain_request_id_is_returned(given: str) -> None:
    headers = {"x-request-id": given}
    assert client().get("/livez", headers=headers).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, '{"a"}', "a\tb"])
def test_any_other_request_id_is_replaced(given: str) -> None:
    made = client().get("/livez", headers={"x-request-id": given}).headers["x-request-id"]
    assert len(made) == 16
    assert made != given


@pytest.mark.parametrize(
    "headers",
    [BEARER, {"authorization": f"bearer {CRM['key']}"}, {"x-api-key": CRM["key"]}],
)
def test_a_key_may_come_in_two_headers(headers: dict[str, str]) -> None:
    assert client(CRM["line"]).post("/echo", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": "no"},
        {"authorization": f"Basic {CRM['key']}"},
        {"authorization": "Bearer"},
    ],
)
def test_without_a_good_key_all_is_refused_in_the_same_words(headers: dict[str, str]) -> None:
    guarded = client(CRM["line"])
    for path in ("/echo", "/nothing", "/customers/a", "/streamed"):
        refusal = guarded.post(path, headers=headers)
        assert error(refusal, 401)["message"].startswith("a valid key is needed")
        assert refusal.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/livez", 200), ("/readyz", 503)])
def test_probes_and_page_need_no_key(path: str, status: int) -> None:
    assert client(CRM["line"]).get(path).status_code == status


def test_a_key_above_its_rate_gets_retry_after() -> None:
    guarded = client(CRM["line"], rate=3)
    statuses = [guarded.post("/echo", headers=BEARER).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert guarded.get("/livez").status_code == 200
    assert guarded.post("/echo", headers=BEARER).headers["retry-after"] == "1"


@pytest.mark.parametrize("address", ["http://localhost:3000", "http://[::1]:3000", LOCAL])
def test_without_keys_this_machine_is_answered(address: str) -> None:
    assert client(address=address).get("/livez").status_code == 200


@pytest.mark.parametrize("address", ["http://192.168.1.5:3000", "http://shop.example", "http://0"])
def test_without_keys_nobody_else_is_answered(address: str) -> None:
    assert "without API keys" in error(client(address=address).get("/livez"), 403)["message"]


@pytest.mark.parametrize(
    "host",
    [
        *("shop.example", "127.0.0.1.shop.example", "[::2]", "", "127.0.0.1:@shop.example"),
        *("localhost:3000@shop.example", "localhost:", "localhost:x", "[::1]x", "localhost/"),
        *("localhost:3000:80", "localhost:123456", "localhost,localhost", "localhost."),
    ],
)
def test_without_keys_a_name_that_was_made_to_point_here_is_refused(host: str) -> None:
    error(client().get("/", headers={"host": host}), 403)


@pytest.mark.parametrize(
    "name",
    ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Port", "CF-Connecting-IP", "X-Real-IP"],
)
def test_without_keys_nothing_that_was_forwarded_is_answered(name: str) -> None:
    refused = client().get("/livez", headers={name: "127.0.0.1"})
    assert "was forwarded by a proxy" in error(refused, 403)["message"]
    keyed = client(CRM["line"]).post("/echo", headers={name: "10.0.0.7", **BEARER})
    assert keyed.status_code == 200


OTHER_SITES: list[dict[str, str]] = [
    {"origin": "http://shop.example"},
    {"origin": "http://127.0.0.1:3001"},
    {"origin": "http://localhost:3000"},
    {"origin": "http://127.0.0.1:3000.shop.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": LOCAL},
]


@pytest.mark.parametrize("headers", OTHER_SITES, ids=str)
@pytest.mark.parametrize("path", ["/echo", "/customers/a", "/gave_up", "/healthz"])
def test_without_keys_no_page_of_another_site_is_answered(
    path: str, headers: dict[str, str]
) -> None:
    method = "POST" if path == "/echo" else "GET"
    refused = client().request(method, path, headers=headers)
    assert "no page of another site" in error(refused, 403)["message"]


@pytest.mark.parametrize("headers", OTHER_SITES, ids=str)
def test_what_needs_no_key_may_be_linked_to(headers: dict[str, str]) -> None:
    assert client().get("/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": LOCAL, "sec-fetch-site": "same-origin"},
        {"origin": LOCAL.upper()},
        {"origin": "https://127.0.0.1:3000"},
        {"sec-fetch-site": "none"},
    ],
    ids=str,
)
def test_without_keys_its_own_page_is_answered(headers: dict[str, str]) -> None:
    assert client().post("/echo", headers=headers).status_code == 200


def test_with_keys_a_page_of_another_site_that_has_one_is_answered() -> None:
    headers = {"origin": "http://shop.example", "sec-fetch-site": "cross-site", **BEARER}
    assert client(CRM["line"]).post("/echo", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("/run/clv.sock", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("shop.example", False),
    ],
)
def test_which_addresses_are_this_machines_own(address: str, local: bool) -> None:
    assert is_loopback(address) is local


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/vnd.bentoml+pickle"},
        {"content-type": "text/plain"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_only_plain_json_is_read(headers: dict[str, str]) -> None:
    error(client().post("/echo", content=b"x", headers=headers), 415)
    kind = {"content-type": "Application/JSON; charset=utf-8"}
    assert client().post("/echo", content=b"{}", headers=kind).status_code == 200


def test_a_body_is_counted_whether_it_declares_its_length_or_not() -> None:
    def chunks() -> Iterator[bytes]:
        yield from [b" " * 600, b" " * 600]

    small = client(max_body_bytes=1_000)
    assert small.post("/echo", content=b" " * 1_000).status_code == 200
    for body in (b" " * 1_001, chunks()):
        refusal = small.post("/echo", content=body)
        assert "larger than 1,000 bytes" in error(refusal, 413)["message"]
        # it closes only where more of the body is to come
        assert ("connection" in refusal.headers) is isinstance(body, bytes)


def test_bodies_of_all_requests_together_are_bounded() -> None:
    full = client(max_body_bytes=1_000)
    full.app.state.body_memory.used = 7_500  # type: ignore[attr-defined]
    assert full.post("/echo", content=b" " * 500).status_code == 200
    assert "large requests" in error(full.post("/echo", content=b" " * 501), 429)["message"]
    assert full.app.state.body_memory.used == 7_500  # type: ignore[attr-defined]


def test_an_answer_that_takes_too_long_is_given_up() -> None:
    assert error(client(timeout_seconds=0.05).post("/slow"), 504)["code"] == "timeout"


def test_more_than_a_worker_takes_in_hand_is_refused_but_for_probes() -> None:
    full = client(max_in_flight=1)
    full.app.state.in_flight.take("")  # type: ignore[attr-defined]
    assert error(full.post("/echo"), 429)["code"] == "too_many_requests"
    assert full.post("/echo").headers["retry-after"] == "1"
    assert full.get("/readyz").status_code == 503
    full.app.state.in_flight.give_back("")  # type: ignore[attr-defined]
    assert [full.post("/echo").status_code for _ in range(3)] == [200] * 3
    assert full.post("/broken").status_code == 500
    assert full.app.state.in_flight.used == 0  # type: ignore[attr-defined]


def test_errors_leave_a_line_and_answers_only_where_it_is_wanted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "httpx")  # the caller's own log
    caplog.set_level(logging.INFO, "serve")
    client(CRM["line"]).post("/echo", headers=BEARER)
    assert not caplog.records
    client(CRM["line"]).get("/customers/anna", headers={"x-request-id": "call-7"})
    client(CRM["line"], access_log="all").get("/customers/anna", headers=BEARER)
    refused, answered = (each.__dict__ for each in caplog.records)
    assert (refused["status"], refused["key"], refused["request_id"]) == (401, "", "call-7")
    assert (answered["status"], answered["key"]) == (200, "crm")
    assert {refused["door"], answered["door"]} == {"/customers/{customer_id}"}
    assert "anna" not in caplog.text
