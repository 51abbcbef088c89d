"""Threads that send requests all the time, check every reply, and record what went wrong."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

from benchmarks.soak.cases import Case

TRIES = 60
PAUSE_SECONDS = 0.1
LONGEST_SECONDS = 30.0
REQUESTS_A_CONNECTION = 25


@dataclass
class Observed:
    """What all threads together have seen.

    counts    replies by path and fate: right, wrong, refused, ...
    problems  sentences; there must be none
    breaks    when a connection broke before its reply had come, and its port, if it was new
    seen      model version -> when it was last named in a prediction
    slowest   path -> seconds of its slowest reply since that was last forgotten
    """

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    breaks: list[tuple[float, int]] = field(default_factory=list)
    seen: dict[str, float] = field(default_factory=dict)
    slowest: dict[str, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class LoadThreads:
    """Threads that send requests until the service has gone.

    cases   what is sent, one after the other; may be replaced at any time
    live    the versions that may predict now: one, or two while the champion moves
    """

    def __init__(self, port: int, cases: Sequence[Case], key: str, threads: int) -> None:
        self.observed = Observed()
        self.ending = threading.Event()
        self.cases, self.live = cases, frozenset[str]()
        self._port = port
        self._headers = {"content-type": "application/json", "x-api-key": key}
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
        deadline = time.monotonic() + 60
        for each in self._threads:
            each.join(timeout=max(deadline - time.monotonic(), 0))
            if each.is_alive():
                self.observed.problems.append("a request got no reply within a minute")

    def _run(self, number: int) -> None:
        connection, place = self._connect(), number * 7
        while True:
            cases = self.cases
            case = cases[place % len(cases)]
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
                status, content = self._exchange(connection, case)
            except ConnectionRefusedError:
                if self.ending.is_set():
                    return "gone", connection
                self._note("connection refused")
            except TimeoutError:
                self._note(f"{case.path}: no reply")
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
            if status in {each for name, each in case.refusals().items() if name in self.live}:
                return "refused, as it is for another kind of model"
            self._wrong(f"{case.path}: {status} {content[:300].decode(errors='replace')}")
            return "wrong"
        reply, now = json.loads(content), time.monotonic()
        version = reply["model"]["version"]
        with self.observed.lock:
            self.observed.seconds.append(now - begun)
            slowest = self.observed.slowest
            slowest[case.path] = max(slowest.get(case.path, 0.0), now - begun)
            if case.path != "/lookup":
                self.observed.seen[version] = now
            elif reply["batch"].get("source") == "last_good":
                self.observed.counts["/lookup: of those from the replica"] += 1
        if not case.fits(version, reply):
            self._wrong(f"{case.path}: version {version} does not predict that: {content[:300]!r}")
            return "wrong"
        return "right"

    def _exchange(self, connection: HTTPConnection, case: Case) -> tuple[int, bytes]:
        connection.request("POST", case.path, case.body, self._headers)
        response = connection.getresponse()
        return response.status, response.read()

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


def _own_port(connection: HTTPConnection) -> int:
    """From which port it comes; it is connected where it is not."""
    if connection.sock is None:
        connection.connect()
    return int(connection.sock.getsockname()[1])
