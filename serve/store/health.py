"""Whether the score store can be reached: asked in the background, read at once."""

from __future__ import annotations

import logging
import threading
from typing import Literal

from serve.metrics import record as metrics
from serve.store.database import Database
from serve.store.replica import Replica

logger = logging.getLogger(__name__)

STOP_SECONDS = 1.0
State = Literal["up", "down", "unused"]


class HealthCheck:
    """Asks a store now and then whether it answers, and refreshes the replica while it does.

    state   unused: nothing has been scored into it yet
    notice  what is wrong with it, or None
    """

    def __init__(self, database: Database, replica: Replica, every_seconds: float) -> None:
        self.state: State = "unused"
        self.notice: str | None = None
        self._database, self._replica, self._every = database, replica, every_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-health", daemon=True)

    def start(self) -> None:
        """Ask once, then in the background."""
        self.check()
        if self._every:
            self._thread.start()

    def stop(self) -> None:
        """End the background thread; one that waits for the store is left to itself."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def check(self) -> None:
        """Ask the store now."""
        if not self._database.exists():
            self.state, self.notice = "unused", None
            return
        problem = self._database.ping()
        if problem and self.state != "down":
            logger.warning("%s", problem)
        self.state = "down" if problem else "up"
        if problem and self._replica.exists():
            problem = f"{problem}; look-ups are answered from the last good copy"
        self.notice = problem or self._replica.notice
        metrics.set_health(store=problem is None)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if self.state == "up":
                    self._replica.refresh()
            except Exception:
                logger.exception("copying the scores failed; the next time it may succeed")
            self._stopped.wait(self._every)
            self.check()
