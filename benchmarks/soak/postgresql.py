"""A PostgreSQL server of our own, in a folder of its own, that can be stopped and started."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


class Postgresql:
    """Reached over a socket in its folder; nobody else is let in.

    address  as the service takes it
    """

    def __init__(self) -> None:
        # short: the path of a socket has 107 characters
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._user = _unprivileged(self._folder)
        self.address = f"postgresql://perennial@/postgres?host={self._folder}"
        owner = ["-U", "perennial", "-A", "trust"]
        self._run("initdb", *owner, "--no-sync", "--no-locale", "-E", "UTF8")
        self.start()

    def start(self) -> None:
        """Return when it answers."""
        options = f"-k {self._folder} -c listen_addresses= -c fsync=off"
        self._run("pg_ctl", "-o", options, "-l", str(self._folder / "log"), "-w", "start")

    def stop(self) -> None:
        """Break all connections and end."""
        self._run("pg_ctl", "-m", "fast", "-w", "stop")

    def remove(self) -> None:
        """Stop it for good."""
        self._run("pg_ctl", "-m", "immediate", "stop", may_fail=True)
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str, may_fail: bool = False) -> None:
        found = _program(program)
        if found is None:
            raise SystemExit(f"no {program}: install a PostgreSQL server, on Debian: postgresql")
        command = [found, "-D", str(self._folder / "data"), *arguments]
        done = subprocess.run(
            command, user=self._user, cwd=self._folder, capture_output=True, text=True
        )
        if done.returncode and not may_fail:
            raise SystemExit(f"{program} failed: {done.stdout}{done.stderr}")


def _program(name: str) -> str | None:
    known = (str(each / name) for each in PROGRAMS if (each / name).exists())
    return next(known, None) or shutil.which(name)


def _unprivileged(folder: Path) -> int | None:
    """PostgreSQL refuses to run as root: who runs it then."""
    if os.geteuid() != 0:
        return None
    known = {each.pw_name: each.pw_uid for each in pwd.getpwall()}
    user = known.get("postgres", known.get("nobody"))
    if user is None:
        raise SystemExit("run as root, and there is no user postgres or nobody")
    os.chown(folder, user, -1)
    return user
