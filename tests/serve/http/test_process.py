"""The middleware in processes of its own, two workers: real sockets, signals and logs."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from serve.http.api_keys import make_key

HERE = Path(__file__).resolve().parent
CRM, SHOP = make_key("crm"), make_key("shop")
MOST_BYTES = 100_000
BODY_SECONDS = 0.5


@dataclass(frozen=True)
class Running:
    port: int
    process: subprocess.Popen[bytes]
    printed: Path

    def client(self, key: str = CRM["key"]) -> httpx.Client:
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=20, trust_env=False
        )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    var = tmp_path_factory.mktemp("tiny")
    (var / "keys").write_text(f"# who may ask\n{CRM['line']}\n{SHOP['line']}\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "PYTHONPATH": f"{HERE.parent.parent.parent}{os.pathsep}{HERE}",
        "BENTOML_HOME": str(var / "bentoml"),
        "PERENNIAL_VAR": str(var),
        "PERENNIAL_API_KEYS_FILE": str(var / "keys"),
        "PERENNIAL_MAX_BODY_BYTES": str(MOST_BYTES),
        "PERENNIAL_BODY_SECONDS": str(BODY_SECONDS),
        "PERENNIAL_DRAIN_SECONDS": "0.5",
        "PERENNIAL_ACCESS_LOG": "all",
    }
    command = [
        *(sys.executable, "-m", "bentoml", "serve", "tiny_service:Tiny", "--working-dir", HERE),
        *("--host", "0.0.0.0", "--port", str(port)),
    ]
    with (var / "log").open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, cwd=var
        )
    found = Running(port, process, var / "log")
    try:
        _wait(found)
        yield found
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=20)


def _wait(running: Running) -> None:
    deadline = time.monotonic() + 60
    with running.client() as client:
        while time.monotonic() < deadline and running.process.poll() is None:
            try:
                if client.get("/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
    pytest.fail(f"it did not start: {running.printed.read_text()}")


def exchange(port: int, parts: list[bytes], pause: float = 0.0) -> tuple[bytes, float]:
    """Bytes over a plain connection; what came back until it was closed, and after how long."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=15) as plain:
        for part in parts:
            plain.sendall(part)
            time.sleep(pause)
        got = b""
        while part := plain.recv(65_536):
            got += part
    return got, time.monotonic() - begun


def head(path: str, *more: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "host: x", "content-type: application/json"]
    lines += [f"x-api-key: {CRM['key']}", *more, "", ""]
    return "\r\n".join(lines).encode()


def test_a_key_opens_and_nothing_else_does(running: Running) -> None:
    with running.client() as client:
        assert client.post("/predict", content=b"{}").content == b"{}"
    with running.client("wrong") as client:
        refused = client.post("/predict", content=b"{}")
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert client.get("/livez").status_code == 200
        assert client.get("/metrics").status_code == 401


def test_a_slow_caller_is_cut_off_with_an_error(running: Running) -> None:
    got, seconds = exchange(running.port, [head("/predict", "content-length: 50"), b"{"])
    assert got.startswith(b"HTTP/1.1 408 ")
    assert json.loads(got.partition(b"\r\n\r\n")[2])["error"]["code"] == "timeout"
    assert b"connection: close" in got
    assert BODY_SECONDS <= seconds < BODY_SECONDS + 4


def test_a_body_that_declares_too_much_is_refused_before_it_comes(running: Running) -> None:
    length = f"content-length: {MOST_BYTES + 1}"
    got, seconds = exchange(running.port, [head("/predict", length, "expect: 100-continue")])
    assert got.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in got
    assert seconds < 2


def test_whoever_sends_on_after_a_refusal_still_gets_to_see_it(running: Running) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 100_000

    with running.client() as client:
        assert client.post("/predict", content=chunks()).status_code == 413
        assert client.post("/predict", content=b" " * 10_000_000).status_code == 413
        assert client.post("/predict", content=b"{}").status_code == 200


def test_the_workers_count_together(running: Running) -> None:
    def count() -> float:
        label = 'perennial_requests_total{door="/predict",method="POST",status="200"} '
        with running.client() as client:
            text = client.get("/metrics").text
        found = [line for line in text.splitlines() if line.startswith(label)]
        return float(found[0].removeprefix(label)) if found else 0.0

    before = count()
    for _ in range(10):
        with running.client() as client:
            client.post("/predict", content=b"{}")
    assert count() == before + 10


def test_the_log_names_no_customer_and_no_key(running: Running) -> None:
    with running.client() as client:
        assert client.get("/customers/anna-4711").status_code == 500
        assert client.post("/broken", content=b'"anna-4711"').status_code == 500
        assert client.post("/predict", content=b'"anna-4711"').status_code == 200
        assert client.get("/nobody/anna-4711").status_code == 404
        assert client.post("/predict?who=anna-4711", content=b"{}").status_code == 400
        assert client.post("/predict", headers={"content-type": "anna-4711"}).status_code == 415
        client.post("/predict", headers={"x-request-id": "anna 4711"}, content=b"{}")
        response = client.post("/broken", headers={"x-request-id": "call-7"}, content=b"{}")
    assert response.json()["error"]["request_id"] == response.headers["x-request-id"] == "call-7"
    deadline = time.monotonic() + 10
    while "call-7" not in (text := running.printed.read_text()):
        # the line is written after the answer
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not re.search(r"anna.4711", text)
    assert CRM["key"] not in text
    assert CRM["line"].partition(":")[2] not in text
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    [line] = [each for each in lines if each.get("request_id") == "call-7"]
    assert (line["door"], line["status"], line["key"]) == ("/broken", 500, "crm")
    assert line["exception"][-1] == "RuntimeError"
    assert "Traceback" not in text


def test_a_key_is_revoked_without_a_restart(running: Running) -> None:
    file = running.printed.with_name("keys")
    with running.client(SHOP["key"]) as client:
        assert client.post("/predict", content=b"{}").status_code == 200
        file.write_text(f"{CRM['line']}\n")
        deadline = time.monotonic() + 10
        while client.post("/predict", content=b"{}").status_code != 401:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def until_in_flight(client: httpx.Client, number: int) -> None:
    deadline = time.monotonic() + 10
    while f"perennial_in_flight {number}.0\n" not in client.get("/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_requests_in_flight_are_answered_though_the_service_ends(running: Running) -> None:
    def slow(number: int) -> int:
        with running.client() as client:
            return client.post("/slow", content=b"{}").status_code

    let_go = running.printed.with_name("go-on")
    with ExitStack() as stack:
        crowd = stack.enter_context(ThreadPoolExecutor(12))
        stack.callback(let_go.touch)
        late, probing = (stack.enter_context(running.client()) for _ in range(2))
        early = [crowd.submit(slow, each) for each in range(12)]
        until_in_flight(late, 12)
        running.process.send_signal(signal.SIGTERM)
        while (probe := probing.get("/readyz")).status_code == 200:
            time.sleep(0.01)
        answered = late.post("/predict", content=b"{}")
        assert not any(each.done() for each in early)
        let_go.touch()
        assert [each.result() for each in early] == [200] * 12
    assert (probe.status_code, probe.headers["connection"]) == (503, "close")
    assert answered.status_code == 200
    assert running.process.wait(timeout=20) == 0
