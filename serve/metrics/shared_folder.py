"""The folder through which several workers share their metrics."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

# Its name is prometheus_client's, which reads it when it is imported.
SHARED_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
GAUGE = re.compile(r"gauge_live\w*_(\d+)\.db")
# One file for each kind of metric that a worker has, as prometheus_client names them.
KINDS = (
    *("counter", "histogram"),
    *("gauge_livemax", "gauge_livemostrecent", "gauge_livesum", "gauge_max"),
)
RESERVED_BYTES = 512 * 1024


def open_folder(root: Path) -> Path:
    """The folder of this worker and its siblings, without what dead processes left behind.

    Raises OSError where it cannot be made, or has no room for the files of this worker.
    """
    for each in root.glob("*"):
        if each.name.isdecimal() and not _runs(int(each.name)):
            shutil.rmtree(each, ignore_errors=True)
    folder = root / str(os.getppid())
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("gauge_live*.db"):
        # a gauge of a worker that was killed would be added up for ever
        match = GAUGE.fullmatch(file.name)
        if match and not _runs(int(match[1])):
            file.unlink(missing_ok=True)
    _reserve(folder)
    return folder


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
    except PermissionError:
        return True
    return True
