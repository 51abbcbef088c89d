"""Callers who mean harm, beside those who only ask: none of the latter may notice."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException

from benchmarks.soak.deployment import Deployment

SLOW, HALF, UNREAD, DROPPED = 150, 200, 24, 3000
MANY_ROWS, LONGEST_DAYS = 200, 3650
RESET = struct.pack("ii", 1, 0)


def read_nothing(deployment: Deployment, pause: float) -> list[str]:
    """Callers who ask for large replies and read none of them."""
    with unread_replies(deployment):
        time.sleep(2 * pause)
    return _still_ready(deployment)


def send_slowly(deployment: Deployment, pause: float) -> list[str]:
    """Callers whose bodies come a byte at a time."""
    head = _head(deployment, "/predict", 1000)
    with _connected(deployment, SLOW, head) as connections:
        until = time.monotonic() + 3 * pause
        while time.monotonic() < until:
            for each in connections:
                with suppress(OSError):
                    each.send(b" ")
            time.sleep(0.2)
    return _still_ready(deployment)


def send_half_a_head(deployment: Deployment, pause: float) -> list[str]:
    """Callers who never come to the end of their headers."""
    with _connected(deployment, HALF, b"POST /predict HTTP/1.1\r\nhost: 127.0.0.1\r\nx-more:"):
        time.sleep(2 * pause)
    return _still_ready(deployment)


def send_nonsense(deployment: Deployment, pause: float) -> list[str]:
    """Callers whose JSON is none, or not of this world."""
    bodies = [
        b"{",
        b"[" * 20_000,
        b'{"customers": 7}',
        b"\xff\xfe",
        b'{"rows": [{"a": 1e999}]}',
        b"",
    ]
    key = {"x-api-key": deployment.key.secret, "content-type": "application/json"}
    return _all_refused(deployment, pause, key, bodies, status=400)


def guess_keys(deployment: Deployment, pause: float) -> list[str]:
    """Callers with a wrong key, as fast as they can."""
    key = {"x-api-key": "guessed", "content-type": "application/json"}
    return _all_refused(deployment, pause, key, [b"{}"], status=401)


def open_and_drop(deployment: Deployment, pause: float) -> list[str]:
    """Thousands of connections that say nothing, or half a word, and are gone or reset."""
    for number in range(DROPPED):
        with suppress(OSError), socket.create_connection(_place(deployment), timeout=5) as each:
            if number % 3:
                each.send(b"POST /predict HTTP/1.1\r\n")
            if number % 2:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    return _still_ready(deployment)


@contextmanager
def unread_replies(deployment: Deployment) -> Iterator[None]:
    """Connections over which large replies are to come, and nobody reads."""
    case = next(each for each in deployment.load.cases if each.path == "/predict_features")
    row = json.loads(case.body)["rows"][0]
    rows = [{**row, "customer_id": str(number)} for number in range(MANY_ROWS)]
    asked = {"rows": rows, "curve": True, "horizon_days": LONGEST_DAYS}
    body = json.dumps(asked).encode()
    head = _head(deployment, "/predict_features", len(body))
    with _connected(deployment, UNREAD, head + body, receive_bytes=4096):
        yield


@contextmanager
def _connected(
    deployment: Deployment, count: int, first: bytes, receive_bytes: int = 0
) -> Iterator[list[socket.socket]]:
    """So many connections, and what each sends at once."""
    with ExitStack() as stack:
        found = []
        for _ in range(count):
            each = stack.enter_context(socket.socket())
            if receive_bytes:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            each.settimeout(10)
            with suppress(OSError):
                each.connect(_place(deployment))
                each.sendall(first)
            found.append(each)
        yield found


def _all_refused(
    deployment: Deployment,
    pause: float,
    headers: dict[str, str],
    bodies: list[bytes],
    *,
    status: int,
) -> list[str]:
    """Send these for a while: each must be refused with this status, as JSON."""
    until, number, problems = time.monotonic() + pause, 0, set()
    connection = HTTPConnection(*_place(deployment), timeout=30)
    while time.monotonic() < until:
        number += 1
        try:
            connection.request("POST", "/predict", bodies[number % len(bodies)], headers)
            response = connection.getresponse()
            refused = json.loads(response.read())["error"]["status"]
        except (OSError, HTTPException, ValueError) as error:
            problems.add(f"a hostile request got no clean refusal: {error!r}")
            connection.close()
            continue
        if refused != status:
            problems.add(f"a hostile request got {refused} and not {status}")
    connection.close()
    deployment.report(f"{number} hostile requests were refused with {status}")
    return [*sorted(problems), *_still_ready(deployment)]


def _still_ready(deployment: Deployment) -> list[str]:
    begun = time.monotonic()
    ready = deployment.ready()["ready"]
    took = time.monotonic() - begun
    return [] if ready and took < 5.0 else [f"/readyz took {took:.1f} seconds, ready: {ready}"]


def _head(deployment: Deployment, path: str, length: int) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", "content-type: application/json"]
    lines += [f"x-api-key: {deployment.key.secret}", f"content-length: {length}", "", ""]
    return "\r\n".join(lines).encode()


def _place(deployment: Deployment) -> tuple[str, int]:
    return "127.0.0.1", deployment.service.port
