"""A PostgreSQL server of our own, in a folder of its own, that can be stopped and started."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from benchmarks.soak.at_death import AtDeath

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
CONNECTIONS = 30
START_SECONDS = 30
Mode = Literal["fast", "immediate"]


class NotInstalledError(RuntimeError):
    """There is no PostgreSQL server on this machine, or nobody to run it as."""


class Postgresql:
    """Reached over a socket in its folder; nobody else is let in. It ends with this process.

    address  as the service takes it
    """

    def __init__(self, password: str = "", connections: int = CONNECTIONS) -> None:
        """Made and started. Raises NotInstalledError.

        password      asked of everybody; "": of nobody
        connections   how many there may be at once
        """
        self._programs = {each: _program(each) for each in ("initdb", "pg_ctl")}
        # short: the path of a socket has 107 characters
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._connections = connections
        try:
            self._user = _unprivileged(self._folder)
        except NotInstalledError:
            self._folder.rmdir()
            raise
        self._end = AtDeath(
            '"$1" -D "$2/data" -m immediate stop; rm -rf "$2"',
            *(self._programs["pg_ctl"], str(self._folder)),
            user=self._user,
        )
        login = f"perennial:{quote(password, safe='')}" if password else "perennial"
        self.address = f"postgresql://{login}@/postgres?host={self._folder}"
        self._make(password)
        self.start()

    def start(self) -> None:
        """Return when it answers. A server that was killed may need a moment to be gone."""
        options = f"-k {self._folder} -c listen_addresses= -c fsync=off "
        options += f"-c max_connections={self._connections}"
        # its output goes to a file, or the pipe would never close
        begin = ("-o", options, "-l", str(self._folder / "log"), "-w", "start")
        deadline = time.monotonic() + START_SECONDS
        while self._run("pg_ctl", *begin, may_fail=time.monotonic() < deadline):
            time.sleep(0.1)

    def stop(self, mode: Mode = "fast") -> None:
        """Break all connections and end."""
        self._run("pg_ctl", "-m", mode, "-w", "stop")

    def kill(self) -> None:
        """Kill the process that supervises the others, as if memory had run out."""
        os.kill(self.processes()[0], signal.SIGKILL)

    def processes(self) -> list[int]:
        """The supervising process, then those that serve connections and the rest."""
        first = int((self._folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
        return [first, *_children(first)]

    def remove(self) -> None:
        """Stop it for good; nothing of it is left."""
        self._end.now()

    def _make(self, password: str) -> None:
        (self._folder / "password").write_text(password)
        if self._user is not None:
            os.chown(self._folder / "password", self._user, -1)
        how = ["-A", "scram-sha-256", "--pwfile", str(self._folder / "password")]
        owner = ["-U", "perennial", *(how if password else ["-A", "trust"])]
        self._run("initdb", *owner, "--no-sync", "--no-locale", "-E", "UTF8")

    def _run(self, program: str, *arguments: str, may_fail: bool = False) -> int:
        command = [self._programs[program], "-D", str(self._folder / "data"), *arguments]
        done = subprocess.run(
            command, user=self._user, cwd=self._folder, capture_output=True, text=True
        )
        if done.returncode and not may_fail:
            raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")
        return done.returncode


def _children(parent: int) -> list[int]:
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((each / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(each.name))
    return found


def _program(name: str) -> str:
    known = (str(each / name) for each in PROGRAMS if (each / name).exists())
    found = next(known, None) or shutil.which(name)
    if found is None:
        raise NotInstalledError(f"no {name}: install a PostgreSQL server, on Debian: postgresql")
    return found


def _unprivileged(folder: Path) -> int | None:
    """PostgreSQL refuses to run as root: who runs it then."""
    if os.geteuid() != 0:
        return None
    known = {each.pw_name: each.pw_uid for each in pwd.getpwall()}
    user = known.get("postgres", known.get("nobody"))
    if user is None:
        raise NotInstalledError("run as root, and there is no user postgres or nobody")
    os.chown(folder, user, -1)
    return user
