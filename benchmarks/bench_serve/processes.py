"""Servers as processes of their own: started, waited for, their CPU and memory read, stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 300
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
# What may be set for a real service, and would get in the way.
UNSET = {
    "PERENNIAL_API_KEYS": "",
    "PERENNIAL_API_KEYS_FILE": "",
    "PERENNIAL_RATE_PER_SECOND": "",
    "PERENNIAL_STORE": "",
    "PERENNIAL_ACCESS_LOG": "",
}


@dataclass(frozen=True)
class Server:
    """A server that answers, and the file that it prints to."""

    port: int
    process: subprocess.Popen[bytes]
    printed: Path

    def family(self) -> list[int]:
        """The process and all its descendants that run."""
        children: dict[int, list[int]] = {}
        for each in Path("/proc").glob("[0-9]*"):
            if (found := _stat(int(each.name))) is not None:
                children.setdefault(int(found[1]), []).append(int(each.name))
        family = [self.process.pid]
        for number in family:
            family += children.get(number, [])
        return family

    def cpu_seconds(self) -> float:
        """User and system time of the whole family, of those children too that have ended."""
        stats = [found for each in self.family() if (found := _stat(each)) is not None]
        return sum(float(ticks) for found in stats for ticks in found[11:15]) / TICKS

    def memory_bytes(self) -> dict[int, int]:
        """What each process of the family holds in memory."""
        stats = {each: _stat(each) for each in self.family()}
        return {each: int(found[21]) * PAGE for each, found in stats.items() if found}


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(
    command: Callable[[int], Sequence[str]],
    folder: Path,
    environment: Mapping[str, str],
    ready: str = "/readyz",
    port: int | None = None,
    *,
    checkout: Path = ROOT,
) -> Iterator[Server]:
    """A server that is ready to answer; stopped in the end.

    command      the port that it is to listen at -> what to start
    folder       where it prints to, and works unless the environment says otherwise
    ready        a path that answers with 200 once it is ready
    port         where it listens; default: any that is free
    checkout     the version of the project that it is a server of

    Raises RuntimeError where it ends, or is not ready in time.
    """
    port = free_port() if port is None else port
    folder.mkdir(parents=True, exist_ok=True)
    printed = folder / "server.log"
    with printed.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command(port)],
            cwd=checkout,
            env={**os.environ, **UNSET, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(port, process, printed)
    try:
        wait_until_ready(server, ready)
        yield server
    finally:
        stop(server)


def stop(server: Server) -> None:
    """End it gently, and what it has left behind after that."""
    family = server.family()
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(timeout=60)
    for each in family[1:]:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGTERM)


def wait_until_ready(server: Server, path: str = "/readyz") -> None:
    """Return once it answers. Raises RuntimeError where it ends, or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        if status(server.port, path) == 200:
            return
        time.sleep(0.1)
    raise RuntimeError(f"a server did not start: {server.printed.read_text()[-2000:]}")


def status(port: int, path: str) -> int:
    """The status of a GET; 0 where nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def _stat(number: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat after the name; None where the process has gone."""
    try:
        text = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()
