"""Bytes that are hardly HTTP: a refusal or a right answer, and the service lives."""

from __future__ import annotations

import json
import os
import re
import select
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx
import pytest

MARK = "hostile-7f3b"
BODY = json.dumps(
    {
        "customers": [
            {"customer_id": MARK, "transactions": [{"timestamp": "1997-05-01", "amount": 1}]}
        ]
    }
).encode()
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
LENGTH = f"content-length: {len(BODY)}"
TE = "transfer-encoding: chunked"
SMUGGLED = b"0\r\n\r\nGET /model HTTP/1.1\r\nhost: localhost\r\n\r\n"
PATIENCE_SECONDS = 15.0


def get(target: str, *headers: str, version: str = "HTTP/1.1") -> bytes:
    lines = [f"GET {target} {version}", "host: localhost", "connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def post(*headers: str, body: bytes = BODY, close: bool = True) -> bytes:
    """A question to /predict with these headers."""
    lines = ["POST /predict HTTP/1.1", "host: localhost", "content-type: application/json"]
    lines += ["connection: close"] if close else []
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body


WIRE: dict[str, tuple[bytes, list[int]]] = {
    "as it should be": (post(LENGTH), [200]),
    "in chunks": (post(TE, body=CHUNKED), [200]),
    "pipelined": (post(LENGTH, close=False) * 9 + post(LENGTH), [200] * 10),
    "length too short": (post("content-length: 10"), [400]),
    "length below zero": (post("content-length: -1"), [400]),
    "length in words": (post("content-length: many"), [400]),
    "length with a sign": (post("content-length: +96"), [400]),
    "length beyond all": (post("content-length: 9" + "9" * 40), [400]),
    "two lengths": (post(LENGTH, "content-length: 5"), [400]),
    "a list of lengths": (post("content-length: 5, 5"), [400]),
    "length and chunks": (post(LENGTH, TE), [400]),
    "a request inside": (post("content-length: 44", TE, body=SMUGGLED), [400]),
    "a request inside, the other way": (post(TE, "content-length: 4", body=CHUNKED), [400]),
    "chunks twice": (post(TE, "transfer-encoding: identity", body=CHUNKED), [400]),
    "unknown transfer": (post("transfer-encoding: xchunked", body=CHUNKED), [400]),
    "packed transfer": (post("transfer-encoding: gzip, chunked", body=CHUNKED), [415]),
    "blank before the colon": (post("transfer-encoding : chunked", LENGTH), [400]),
    "tab in the name": (post("transfer-encoding\t: chunked", LENGTH), [400]),
    "chunk below zero": (post(TE, body=b"-1\r\n" + BODY), [400]),
    "chunk beyond all": (post(TE, body=b"f" * 17 + b"\r\n" + BODY), [400]),
    "chunk without return": (post(TE, body=CHUNKED.replace(b"\r\n", b"\n")), [400]),
    "folded header": (post("x-a: 1\r\n b", LENGTH), [400]),
    "NUL in a header": (post("x-a: \0", LENGTH), [400]),
    "header without a colon": (post("nonsense", LENGTH), [400]),
    "header without a name": (post(": x", LENGTH), [400]),
    "lines without return": (post(LENGTH).replace(b"\r\n", b"\n"), [400]),
    "long header": (post(f"x-a: {'a' * 1_000_000}", LENGTH), [431]),
    "many headers": (post(*[f"x-{n}: a" for n in range(20_000)], LENGTH), [431]),
    "long path": (get(f"/customers/{MARK}{'a' * 1_000_000}"), [431]),
    "long query": (get(f"/customers/{MARK}?margin={'1' * 1_000_000}"), [431]),
    "blank lines without end": (b"\r\n" * 50_000, [431]),
    "no host": (b"GET /model HTTP/1.1\r\nconnection: close\r\n\r\n", [403]),
    "two hosts": (get("/model", "host: localhost"), [403]),
    "host from elsewhere": (get("/model").replace(b"localhost", b"elsewhere"), [403]),
    "HTTP/1.0": (get("/model", version="HTTP/1.0"), [200]),
    "HTTP/0.9": (b"GET /model\r\n\r\n", [403]),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
    "HTTP/9.9": (get("/model", version="HTTP/9.9"), [400]),
    "TLS": (bytes.fromhex("16030100a5010000a10303") + os.urandom(160), [400]),
    "noise": (b"\xff" + os.urandom(5_000), [400]),
    "all methods": (get("/predict").replace(b"GET", b"TRACE"), [405]),
    "no method": (get("/predict").replace(b"GET", b"HOSTILE"), [400]),
    "a tunnel": (b"CONNECT elsewhere:443 HTTP/1.1\r\nhost: localhost\r\n\r\n", [400]),
    "a star": (get("*").replace(b"GET", b"OPTIONS"), [404]),
    "expect": (post("expect: 100-continue", LENGTH), [100, 200]),
    "up and away": (get("/customers/../model"), [404]),
    "up, encoded": (get("/static/%2e%2e%2fservice.py"), [404]),
    "up, other slash": (get("/static/..%5c..%5cservice.py"), [404]),
    "bad escapes": (get(f"/customers/{MARK}%zz%ff%c0%af"), [404]),
    "bytes in the path": (get("/customers/\xff\xfe"), [400]),
    "many ranges": (get("/static/page.css", f"range: bytes={'0-,' * 5_000}0-"), [200]),
    "an upgrade": (get("/model", "upgrade: h2c"), [200]),
}


@pytest.fixture(autouse=True)
def _lives_on_and_says_nothing(server: Any, scored: dict[str, Any]) -> Iterator[None]:
    """After whatever came: an answer as ever, no failure and no customer in the log."""
    yield
    answer = httpx.post(f"{server.address}/predict", json=json.loads(BODY), timeout=30)
    assert answer.status_code == 200
    printed = server.printed.read_text()
    assert MARK not in printed
    assert "Traceback" not in printed
    assert '"exception"' not in printed


def exchange(server: Any, *parts: bytes, pause: float = 0.0, close: bool = False) -> bytes:
    """Bytes over a plain connection; what came back until it was closed."""
    port = httpx.URL(server.address).port
    got = b""
    # a server that has heard enough closes, and takes no more
    with (
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as plain,
        suppress(ConnectionError),
    ):
        for part in parts:
            plain.sendall(part)
            if pause and select.select([plain], [], [], pause)[0]:
                break
        if close:
            plain.shutdown(socket.SHUT_WR)
        while part := plain.recv(65_536):
            got += part
    return got


def statuses(got: bytes) -> list[int]:
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3}) ", got)]


@pytest.mark.parametrize("name", WIRE)
def test_hostile_bytes_are_refused_or_rightly_answered(server: Any, name: str) -> None:
    sent, right = WIRE[name]
    got = exchange(server, sent)
    assert statuses(got) == right
    assert (b'{"error": {"status"' in got) == (right[-1] >= 400)


def test_a_caller_that_closes_its_half_is_answered_still(server: Any) -> None:
    assert statuses(exchange(server, post(LENGTH), close=True)) == [200]
    assert exchange(server, post(LENGTH)[:-5], close=True) == b"", (
        "nobody is there to read a response"
    )


def test_slow_callers_are_cut_off_together(server: Any) -> None:
    slow = {
        "a head that does not end": [b"POST /predict HTTP/1.1\r\nhost: local"],
        "nothing at all": [b""],
        "a head by bytes": [bytes([each]) for each in get("/model", "x-a: " + "a" * 300)],
        "a body that does not end": [post(LENGTH)[:-5]],
        "a body by bytes": [post(LENGTH)[:-50], *[bytes([each]) for each in BODY[-50:]]],
        "a body that was promised": [post("content-length: 9000")],
        "chunks without end": [post(TE, body=b"")] + [b"1\r\n \r\n"] * 60,
    }
    with ThreadPoolExecutor(len(slow)) as crowd:
        sent = [crowd.submit(exchange, server, *parts, pause=0.1) for parts in slow.values()]
        fast = httpx.post(f"{server.address}/predict", json=json.loads(BODY), timeout=30)
        answered = {name: statuses(each.result()) for name, each in zip(slow, sent, strict=True)}
    assert fast.status_code == 200
    assert answered == {name: [408] for name in slow}
