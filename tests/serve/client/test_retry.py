"""When the client tries again, and how chunks become one reply; the server follows a script."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.customer_values import VALUE_COLUMNS
from serve.api.responses import ModelStamp, PredictReply
from serve.client import chunks, retry, transport
from serve.client.chunks import Chunk
from serve.client.client import ApiError, Client
from serve.client.flow import Flow, Request, run
from serve.client.merge import merged_reply
from serve.client.retry import retry_after, wait_seconds

DROP = 0
EMPTY = {"basis": "insufficient", "warnings": []}


def reply(version: str = "1", *ids: str) -> PredictReply:
    stamp = ModelStamp(name="clv", version=version, trained_as_of="2011-01-01")
    unknown = dict.fromkeys((*VALUE_COLUMNS, "tier", "segment"))
    numbers: Any = [{**unknown, "customer_id": each, "horizon_days": 90, **EMPTY} for each in ids]
    return PredictReply(
        model=stamp, as_of="2011-01-01", horizon_days=90, currency="GBP", predictions=numbers
    )


def error(status: int) -> bytes:
    content = {"status": status, "code": "a_code", "message": "A sentence.", "field": None}
    return json.dumps({"error": {**content, "details": [], "request_id": "id"}}).encode()


@dataclass
class Script:
    """The responses, in order; the last one is sent to all requests that follow."""

    port: int
    responses: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: int = 0
    waits: list[float] = field(default_factory=list)

    def client(self, retries: int = 5) -> Client:
        return Client(f"http://127.0.0.1:{self.port}", "key", retries=retries)

    def next(self) -> tuple[int, dict[str, str], bytes]:
        self.asked += 1
        return self.responses[min(self.asked, len(self.responses)) - 1]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            status, headers, body = running.next()
            if status != DROP:
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = Script(listening.server_address[1])
    monkeypatch.setattr(transport.time, "sleep", running.waits.append)
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
    thread.start()
    yield running
    listening.shutdown()
    thread.join()
    listening.server_close()


GOOD = (200, {}, reply().model_dump_json().encode())


@pytest.mark.parametrize("status", [429, 503, 504, DROP])
def test_what_may_pass_is_asked_again(script: Script, status: int) -> None:
    script.responses = [(status, {}, error(status))] * 2 + [GOOD]
    with script.client() as client:
        assert client.predict([]).currency == "GBP"
    assert script.asked == 3
    assert 0.125 <= script.waits[0] <= 0.25 <= script.waits[1] <= 0.5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 413, 415, 500])
def test_what_will_not_pass_is_not_asked_again(script: Script, status: int) -> None:
    script.responses = [(status, {}, error(status))]
    with script.client() as client, pytest.raises(ApiError, match="A sentence") as raised:
        client.predict([])
    assert (script.asked, raised.value.status, raised.value.code) == (1, status, "a_code")


def test_it_gives_up_in_the_end_and_raises_the_last_error(script: Script) -> None:
    script.responses = [(DROP, {}, b""), (503, {}, error(503))]
    with script.client(retries=2) as client, pytest.raises(ApiError, match="A sentence"):
        client.predict([])
    assert script.asked == 3


def test_nobody_there_is_an_error_without_a_status(script: Script) -> None:
    script.responses = [(DROP, {}, b"")]
    with script.client(retries=1) as client, pytest.raises(ApiError, match="no answer") as raised:
        client.predict([])
    assert (raised.value.status, raised.value.code) == (None, "unreachable")


def test_it_waits_as_long_as_it_is_asked_to_but_not_for_ever(script: Script) -> None:
    script.responses = [(429, {"retry-after": "7"}, error(429)), GOOD]
    with script.client() as client:
        client.predict([])
    assert script.waits == [7.0]
    script.responses, script.asked = [(503, {"retry-after": "3600"}, error(503))], 0
    with script.client() as client, pytest.raises(ApiError):
        client.predict([])
    assert script.asked == 1


def test_a_response_of_somebody_else_is_an_error_of_its_own(script: Script) -> None:
    script.responses = [(502, {}, b"<html>")]
    with script.client() as client, pytest.raises(ApiError, match="502 Bad Gateway") as raised:
        client.predict([])
    assert raised.value.code == "foreign"
    script.responses = [(200, {}, b'{"name": "ann"}')]
    with script.client() as client, pytest.raises(ApiError, match="not one of this service"):
        client.predict([])


def test_what_a_newer_service_says_beside_it_is_passed_over(script: Script) -> None:
    newer = {**reply("1", "ann").model_dump(), "mood": "sunny"}
    newer["predictions"][0]["shoe_size"] = 44
    script.responses = [(200, {}, json.dumps(newer).encode())]
    with script.client() as client:
        assert client.predict([]) == reply("1", "ann")


def test_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 55 < retry_after({"retry-after": soon}) <= 60
    assert retry_after({"retry-after": "3"}) == 3
    assert [retry_after({"retry-after": each}) for each in ("", "soon", "-1", "1.5e400")] == [0] * 4


@given(attempt=st.integers(0, 60))
def test_waits_grow_but_not_without_end(attempt: int) -> None:
    longest = min(0.25 * 2**attempt, retry.LONGEST_WAIT_SECONDS)
    assert longest / 2 <= wait_seconds(attempt) <= longest


@given(lines=st.lists(st.integers(0, 9), max_size=40))
def test_chunks_are_small_enough_and_lose_nothing(lines: list[int]) -> None:
    items = [{"customer_id": str(place), "lines": many} for place, many in enumerate(lines)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "MOST_CUSTOMERS", 7)
        patch.setattr(chunks, "MOST_TRANSACTIONS", 12)
        patch.setattr(chunks, "MOST_BYTES", 200)
        parts = list(chunks.split_into_chunks("customers", items, lambda item: int(item["lines"])))
    sent = [json.loads(part.body({"curve": True})) for part in parts]
    assert [each for body in sent for each in body["customers"]] == items
    for part, body in zip(parts, sent, strict=True):
        assert len(part.items) <= 7
        assert sum(each["lines"] for each in body["customers"]) <= 12
        assert len(part.body({})) <= 200 + 20
        assert body["curve"] is True


def answer(reply: PredictReply) -> Flow[PredictReply]:
    """A flow whose one request is answered by this, whatever comes back."""
    yield Request("POST", "/predict_features")
    return reply


def test_chunks_predicted_by_another_version_are_sent_again() -> None:
    versions = iter(["1", "1", "2", "2", "2"])
    asked = []

    def ask(body: bytes) -> Flow[PredictReply]:
        asked.append(json.loads(body)["rows"])
        return answer(reply(next(versions), *asked[-1]))

    parts = [Chunk("rows", (f'"{name}"'.encode(),)) for name in "abc"]
    merged = run(merged_reply(ask, parts, {}), lambda request: b"")
    assert [each.customer_id for each in merged.predictions] == ["a", "b", "c"]
    assert merged.model.version == "2"
    assert asked == [["a"], ["b"], ["c"], ["a"], ["b"]]


def test_a_model_that_changes_all_the_time_is_an_error() -> None:
    versions = iter(range(100))
    parts = [Chunk("rows", (b"1",)), Chunk("rows", (b"2",))]
    flow = merged_reply(lambda body: answer(reply(str(next(versions)))), parts, {})
    with pytest.raises(ApiError, match="again and again"):
        run(flow, lambda request: b"")
