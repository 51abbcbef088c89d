"""Whether the score store can be reached: asked in the background, told at once."""

from __future__ import annotations

import logging
import threading
from typing import Literal

from serve.metrics import record as meters
from serve.store.database import Database
from serve.store.replica import Replica

logger = logging.getLogger(__name__)

State = Literal["up", "down", "unused"]


class HealthCheck:
    """Feels a store's pulse now and then, and has its last batch copied while it is well.

    state   unused: nothing has been scored into it yet
    notice  what is wrong with it, or None
    """

    def __init__(self, database: Database, mirror: Replica, every_seconds: float) -> None:
        self.state: State = "unused"
        self.notice: str | None = None
        self._database, self._mirror, self._every = database, mirror, every_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-pulse", daemon=True)

    def start(self) -> None:
        """Feel it once, then in the background."""
        self.feel()
        if self._every:
            self._thread.start()

    def stop(self) -> None:
        """End the background thread."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def feel(self) -> None:
        """Ask the store now."""
        if not self._database.is_there():
            self.state, self.notice = "unused", None
            return
        problem = self._database.ping()
        if problem and self.state != "down":
            logger.warning("%s", problem)
        self.state = "down" if problem else "up"
        if problem and self._mirror.stands():
            problem = f"{problem}; look-ups are answered from the last good copy"
        self.notice = problem or self._mirror.notice
        meters.set_health(store=problem is None)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if self.state == "up":
                    self._mirror.keep()
            except Exception:
                logger.exception("copying the scores failed; the next time it may succeed")
            self._stopped.wait(self._every)
            self.feel()
