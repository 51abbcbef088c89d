"""Threads that send requests all the time, check every reply, and record what went wrong."""

from __future__ import annotations

import json
import math
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from benchmarks.soak.versions import Case

TOLERANCE = 1e-9
TRIES = 60
PAUSE_SECONDS = 0.1
LONGEST_SECONDS = 30.0
REQUESTS_A_CONNECTION = 25


@dataclass
class Observed:
    """What all threads together have seen.

    counts    replies by kind: right, refused, ...
    problems  sentences; there must be none
    breaks    when a connection broke before its reply had come, and its port, if it was new
    seen      model version -> when it was last named in a prediction
    """

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    breaks: list[tuple[float, int]] = field(default_factory=list)
    seen: dict[str, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class LoadThreads:
    """Threads that send requests until they are stopped, or the service has gone."""

    def __init__(self, port: int, cases: Sequence[Case], threads: int) -> None:
        self.observed = Observed()
        self.ending = threading.Event()
        self._port, self._cases, self._stopped = port, cases, threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number,), daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        """Begin."""
        for each in self._threads:
            each.start()

    def join(self) -> None:
        """Return when all have ended: after `ending` is set and the service has gone."""
        for each in self._threads:
            each.join(timeout=60)
            if each.is_alive():
                self.observed.problems.append("a request got no reply within a minute")

    def _run(self, number: int) -> None:
        connection, place = self._connect(), number * 7
        while True:
            case = self._cases[place % len(self._cases)]
            place += 1
            if place % REQUESTS_A_CONNECTION == 0:  # so that all workers have their share
                connection.close()
                connection = self._connect()
            fate, connection = self._settled(case, connection)
            if fate == "gone":
                return
            with self.observed.lock:
                self.observed.counts[f"{case.path}: {fate}"] += 1

    def _connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self._port, timeout=LONGEST_SECONDS)

    def _settled(self, case: Case, connection: HTTPConnection) -> tuple[str, HTTPConnection]:
        """Send it until there is a reply, on a new connection where one broke."""
        for _ in range(TRIES):
            begun, fresh = time.monotonic(), connection.sock is None
            own = 0
            try:
                own = _own_port(connection)
                status, content = _exchange(connection, case)
            except ConnectionRefusedError:
                if self.ending.is_set():
                    return "gone", connection
                self._note("connection refused")
            except TimeoutError:
                self._wrong(f"{case.path}: no reply within {LONGEST_SECONDS:g} seconds")
            except (OSError, HTTPException) as error:
                self._broken(case, error, own if fresh else 0)
            else:
                fate = self._checked(case, status, content, begun)
                if fate:
                    return fate, connection
                time.sleep(PAUSE_SECONDS)
                continue
            connection.close()
            connection = self._connect()
            time.sleep(PAUSE_SECONDS)
        self._wrong(f"{case.path}: given up after {TRIES} tries")
        return "given up", connection

    def _checked(self, case: Case, status: int, content: bytes, begun: float) -> str:
        """What became of it; "" where it is to be sent again."""
        if status in (429, 503):
            self._note(f"{case.path}: {status}")
            return ""
        if status != 200:
            self._wrong(f"{case.path}: {status} {content[:300].decode(errors='replace')}")
            return "wrong"
        reply, now = json.loads(content), time.monotonic()
        version = reply["model"]["version"]
        expected = case.expected.get(version, "another version")
        with self.observed.lock:
            self.observed.seconds.append(now - begun)
            if case.path != "/lookup":
                self.observed.seen[version] = now
            elif reply["batch"].get("source") == "last_good":
                self.observed.counts["/lookup: of those from the replica"] += 1
        if expected is not None and not same(reply["predictions"], expected):
            self._wrong(f"{case.path}: version {version} does not predict that: {content[:300]!r}")
            return "wrong"
        return "right"

    def _note(self, what: str) -> None:
        with self.observed.lock:
            self.observed.counts[what] += 1

    def _wrong(self, sentence: str) -> None:
        with self.observed.lock:
            self.observed.problems.append(sentence)

    def _broken(self, case: Case, error: Exception, fresh_port: int) -> None:
        """fresh_port  where the connection came from, if this was its first request; else 0"""
        with self.observed.lock:
            self.observed.breaks.append((time.monotonic(), fresh_port))
            self.observed.counts[f"{case.path}: connection broken ({type(error).__name__})"] += 1


def _exchange(connection: HTTPConnection, case: Case) -> tuple[int, bytes]:
    headers = {"content-type": "application/json"}
    connection.request("POST", case.path, case.body, headers)
    response = connection.getresponse()
    return response.status, response.read()


def _own_port(connection: HTTPConnection) -> int:
    """From which port it comes; it is connected where it is not."""
    if connection.sock is None:
        connection.connect()
    return int(connection.sock.getsockname()[1])


def same(found: Any, expected: Any) -> bool:
    """Whether two predictions agree, numbers to within TOLERANCE of their size."""
    if isinstance(found, bool) or isinstance(expected, bool) or expected is None:
        return found is expected
    if isinstance(expected, int | float):
        return isinstance(found, int | float) and math.isclose(
            found, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE
        )
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(same(found[name], expected[name]) for name in expected)
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(map(same, found, expected))
        )
    return bool(found == expected)
