"""The folder through which several workers share their metrics."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
from contextlib import suppress
from pathlib import Path

from features.draft_folders import is_old
from features.file_lock import try_lock

# Its name is prometheus_client's, which reads it when it is imported.
SHARED_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
FOLDER = re.compile(r"[0-9]+(-[0-9a-f]{8})?")
FILE = re.compile(r"(?P<kind>[a-z]\w*?)_(?P<process>[0-9]+)\.db")
LOCK = ".lock"
# Of each dead worker there are half a dozen.
MOST_FILES = 60
# One file for each kind of metric that a worker has, as prometheus_client names them.
KINDS = (
    *("counter", "histogram"),
    *("gauge_livemax", "gauge_livemostrecent", "gauge_livesum", "gauge_max"),
)
RESERVED_BYTES = 512 * 1024
TRIES = 100


def open_folder(root: Path) -> Path:
    """The folder of this worker and its siblings, without what dead processes left behind.

    Named after the process that supervises them, and where that runs: in another container the
    same number is another process. The folder is locked until this process ends.
    Raises OSError where it cannot be made, or has no room for the files of this worker.
    """
    _remove_unused(root)
    folder = root / f"{os.getppid()}-{_place()}"
    for _ in range(TRIES):
        folder.mkdir(parents=True, exist_ok=True)
        if _hold(folder):
            _remove_dead(folder)
            _reserve(folder)
            return folder
    raise OSError(None, "the folder of the metrics cannot be locked", str(folder))


def _place() -> str:
    """Host and process namespace, in eight digits."""
    namespace = ""
    with suppress(OSError):
        namespace = os.readlink("/proc/self/ns/pid")
    return hashlib.sha256(f"{socket.gethostname()} {namespace}".encode()).hexdigest()[:8]


def _hold(folder: Path) -> bool:
    """Lock the folder, beside its other workers; False where somebody has just removed it."""
    with suppress(FileNotFoundError):
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        with suppress(OSError):  # without locks, nothing is removed either
            if not try_lock(lock, shared=True):
                os.close(lock)
                return False
        if (folder / LOCK).exists() and os.path.samestat((folder / LOCK).stat(), os.fstat(lock)):
            return True  # subtle: the file stays open, and locked, as long as the process lives
        os.close(lock)
    return False


def _remove_unused(root: Path) -> None:
    for each in root.glob("*"):
        if FOLDER.fullmatch(each.name) and each.is_dir() and not each.is_symlink():
            with suppress(OSError):
                _remove_unlocked(each)


def _remove_unlocked(folder: Path) -> None:
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        # one of a version that knew no locks, or one that somebody makes at this moment
        if is_old(folder) and not (folder.name.isdecimal() and _runs(int(folder.name))):
            shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        if try_lock(lock):
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _remove_dead(folder: Path) -> None:
    """Remove gauges of dead workers, which would be added up for ever, and of their counters all
    but the newest: what a worker has counted stays counted, but not without end."""
    dead = []
    for file in folder.glob("*.db"):
        match = FILE.fullmatch(file.name)
        if match is None or _runs(int(match["process"])):
            continue
        if match["kind"].startswith("gauge_live"):
            file.unlink(missing_ok=True)
        else:
            dead.append(file)
    dead.sort(key=lambda each: each.stat().st_mtime_ns)
    for file in dead[:-MOST_FILES]:
        file.unlink(missing_ok=True)


def _reserve(folder: Path) -> None:
    """Take the room that this worker's files need on the disk, or none.

    subtle: prometheus_client maps files with holes into memory, and the first number in a hole for
    which a full disk has no room kills the process by SIGBUS.
    """
    files = [folder / f"{kind}_{os.getpid()}.db" for kind in KINDS]
    try:
        for each in files:
            with each.open("ab") as file:
                file.write(bytes(max(RESERVED_BYTES - file.tell(), 0)))
    except OSError:
        for each in files:
            each.unlink(missing_ok=True)
        raise


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
