"""What the middleware does to every request, in this process."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.serve.http.guarded_app import BEARER, CRM, client, error


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
