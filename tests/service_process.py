"""A service in a process of its own: started, waited for, and ended with its workers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from tests.shared_folder import RUN, Shared

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 90.0
END_SECONDS = 10.0


@dataclass(frozen=True)
class Service:
    """A service process of its own, and the file that it prints to."""

    address: str
    printed: Path
    pid: int

    def wait_until_ready(self) -> None:
        """Returns when it answers; fails when it has ended, or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and _alive(self.pid):
            try:
                if httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        pytest.fail(f"the service did not start: {self.printed.read_text()}")

    def end(self) -> None:
        """With its workers, and at once."""
        end_with_children(self.pid)


Start = Callable[..., Service]
STARTED: list[subprocess.Popen[bytes]] = []


@pytest.fixture(scope="session")
def start_service() -> Start:
    """Starts `bentoml serve` on a free port of 127.0.0.1; who starts one ends it."""

    def start(what: str, folder: Path, environment: Mapping[str, str], cwd: Path = ROOT) -> Service:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command: Sequence[str] = [
            *(sys.executable, "-m", "bentoml", "serve", what),
            *("--host", "127.0.0.1", "--port", str(port)),
        ]
        kept = {name: each for name, each in os.environ.items() if "PERENNIAL_" not in name}
        printed = folder / "server.log"
        with printed.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env={**kept, RUN: os.environ[RUN], **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        STARTED.append(process)
        return Service(f"http://127.0.0.1:{port}", printed, process.pid)

    return start


@pytest.fixture(scope="session")
def shared_service(shared: Shared) -> Callable[[str, Callable[[], Service]], Service]:
    """The service of a name, started by whoever asks first; it ends with the run."""

    def get(name: str, start: Callable[[], Service]) -> Service:
        note = shared.folder / f"{name}.service"
        with shared.locked(name):
            if not note.exists():
                made = start()
                told = {"address": made.address, "printed": str(made.printed), "pid": made.pid}
                note.write_text(json.dumps(told))
        told = json.loads(note.read_text())
        return Service(told["address"], Path(told["printed"]), told["pid"])

    return get


def end_with_children(pid: int) -> None:
    """Kill a process and all that it has started, whatever sessions they lead."""
    try:
        first = psutil.Process(pid)
        # the first of them first: it would start the others again
        found = [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for each in found:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(found, timeout=END_SECONDS)


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
