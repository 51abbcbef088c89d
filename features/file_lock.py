"""One process at a time: a lock on a file, which the death of its owner releases."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.05
# What a file system without locks answers, as some over a network do.
WITHOUT_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}


class LockTimeout(TimeoutError):
    """Another process holds the lock, and did not release it in time."""


@contextmanager
def locked(path: Path, *, wait_seconds: float) -> Iterator[None]:
    """Hold the lock of this file, which is made and stays; waits where another process has it.

    On a file system that knows no locks it is held in name only, with a warning.
    Raises LockTimeout after `wait_seconds`, OSError where the file cannot be opened.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        _wait(descriptor, path, time.monotonic() + wait_seconds)
        yield
    finally:
        os.close(descriptor)


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Take the lock of an open file if it is free; closing the file, or dying, releases it.

    shared  others may have it too, who want it shared

    Raises OSError where the file system knows no locks.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(descriptor: int, path: Path, deadline: float) -> None:
    try:
        while not try_lock(descriptor):
            if time.monotonic() > deadline:
                raise LockTimeout(errno.ETIMEDOUT, "another process holds the lock", str(path))
            time.sleep(RETRY_SECONDS)
    except OSError as error:
        if error.errno not in WITHOUT_LOCKS:
            raise
        logger.warning("%s: this file system has no locks: let one process at a time write", path)
