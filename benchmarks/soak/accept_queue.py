"""Which connections a process has accepted, as the kernel has it.

A connection that waits in the queue of a listening socket belongs to no process yet: its inode in
/proc/net/tcp is 0. Looked at every few milliseconds, that separates a request that was lost
from one that was never accepted.
"""

from __future__ import annotations

import threading
from pathlib import Path

EVERY_SECONDS = 0.005
TABLE = Path("/proc/net/tcp")
REMOTE, INODE = 2, 9


class AcceptQueue:
    """Watches the connections to a port of this machine, once it is begun."""

    def __init__(self, port: int) -> None:
        self._local = f"0100007F:{port:04X}"
        self._accepted: dict[int, bool] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def begin(self) -> None:
        """Look from now on."""
        self._thread.start()

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def was_never_accepted(self, port: int) -> bool:
        """Whether the connection from this port was seen, and was accepted by nobody."""
        return self._accepted.get(port) is False

    def _watch(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            for line in TABLE.read_text().splitlines()[1:]:
                fields = line.split()
                if fields[1] == self._local and not fields[REMOTE].endswith(":0000"):
                    port = int(fields[REMOTE].partition(":")[2], 16)
                    # subtle: at its end an accepted one has no owner any more, so once is enough
                    known = self._accepted.get(port, False)
                    self._accepted[port] = known or fields[INODE] != "0"
