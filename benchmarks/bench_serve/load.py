"""A closed loop of requests over open connections, cheaper than any server that it measures."""

from __future__ import annotations

import gc
import selectors
import socket
import time
from dataclasses import dataclass

from benchmarks.bench_serve.processes import Server

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
CHUNK = 1 << 18
WARM_UP_SECONDS = 0.5


@dataclass(frozen=True)
class Load:
    """What was measured: `seconds` of each request, and the CPU that the server spent on all."""

    seconds: list[float]
    lasted_seconds: float
    cpu_seconds: float

    def __add__(self, other: Load) -> Load:
        """Two rounds of the same measurement."""
        return Load(
            self.seconds + other.seconds,
            self.lasted_seconds + other.lasted_seconds,
            self.cpu_seconds + other.cpu_seconds,
        )

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return len(self.seconds) / self.lasted_seconds

    @property
    def cpu_us(self) -> float:
        """Server CPU of one request, microseconds."""
        return 1e6 * self.cpu_seconds / len(self.seconds)

    def quantile_ms(self, share: float) -> float:
        """Milliseconds within which this share of the requests was answered."""
        ordered = sorted(self.seconds)
        return 1e3 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def request(path: str, body: bytes, more: str = "") -> bytes:
    """A POST as it goes over the wire. more: further headers, each with its end of line"""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: bench\r\naccept: */*\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n{more}\r\n"
    )
    return head.encode() + body


def measured(server: Server, requests: list[bytes], connections: int, seconds: float) -> Load:
    """Ask over so many connections at once, each waiting for its reply before it asks again.

    Raises RuntimeError for a status other than 200.
    """
    streams = [_Stream(server.port) for _ in range(connections)]
    try:
        _drive(streams, requests, WARM_UP_SECONDS)
        gc.collect()
        gc.disable()  # a pause here would be taken for one of the server
        cpu = server.cpu_seconds()
        begun = time.perf_counter()
        times = _drive(streams, requests, seconds)
        lasted = time.perf_counter() - begun
        return Load(times, lasted, server.cpu_seconds() - cpu)
    finally:
        gc.enable()
        for each in streams:
            each.socket.close()


class _Stream:
    """A connection and what has come over it of the reply that is due."""

    __slots__ = ("begun", "due", "got", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.begun, self.due, self.got = 0.0, 0, b""

    def ask(self, asked: bytes) -> None:
        self.due, self.got = 0, b""
        self.begun = time.perf_counter()
        self.socket.sendall(asked)

    def ends(self) -> bool:
        """Read what there is; whether the reply is whole."""
        part = self.socket.recv(CHUNK)
        if not part:
            raise RuntimeError("the server closed a connection that should stay open")
        self.got += part
        if not self.due:
            self._read_head()
        return 0 < self.due <= len(self.got)

    def _read_head(self) -> None:
        end = self.got.find(HEAD_END)
        if end < 0:
            return
        head = self.got[:end].lower()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(f"not a 200: {self.got[:500].decode(errors='replace')}")
        place = head.index(LENGTH) + len(LENGTH)
        self.due = end + len(HEAD_END) + int(head[place:].split(b"\r\n", 1)[0])


def _drive(streams: list[_Stream], requests: list[bytes], seconds: float) -> list[float]:
    """Seconds of each request that began in time; returns when all are answered."""
    chosen, times, number = selectors.DefaultSelector(), [], 0
    deadline = time.perf_counter() + seconds
    for each in streams:
        chosen.register(each.socket, selectors.EVENT_READ, each)
        each.ask(requests[number % len(requests)])
        number += 1
    busy = len(streams)
    while busy:
        for key, _ in chosen.select():
            stream: _Stream = key.data
            if not stream.ends():
                continue
            now = time.perf_counter()
            times.append(now - stream.begun)
            if now < deadline:
                stream.ask(requests[number % len(requests)])
                number += 1
            else:
                busy -= 1
    chosen.close()
    return times
