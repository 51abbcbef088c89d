"""The folder through which several workers share their metrics."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

# Its name is prometheus_client's, which reads it when it is imported.
SHARED_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
GAUGE = re.compile(r"gauge_live\w*_(\d+)\.db")


def open_folder(root: Path) -> Path:
    """The folder of this worker and its siblings, without what dead processes left behind."""
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
    return folder


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
