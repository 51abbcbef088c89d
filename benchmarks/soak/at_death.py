"""A script for when this process has ended, killed or not: a child waits at a pipe."""

from __future__ import annotations

import subprocess


class AtDeath:
    """A script of the shell that runs once this process has ended, or earlier when asked to."""

    def __init__(self, script: str, *arguments: str, user: int | None = None) -> None:
        """Nothing runs yet.

        script      its arguments are "$1", "$2", ...
        user        who runs it; default: who runs this process
        """
        # subtle: nobody but us holds the other end of the pipe; when we have gone, the read ends
        self._child = subprocess.Popen(
            ["sh", "-c", f"read _; {script}", "at-death", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            user=user,
            cwd="/",
        )

    def now(self) -> None:
        """Run it, and return when it has ended."""
        self._child.communicate()
