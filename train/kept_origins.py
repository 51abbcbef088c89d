"""Finished origins of backtests: stored, so that one that was interrupted goes on.

What is read back is data. What cannot be used, or cannot be stored, is one line of the log: the
origin is evaluated again.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from features.atomic_file import replace_file
from features.command_line import state_folder
from features.stored_documents import read_bounded, validated
from train.fingerprint import fingerprint
from train.read_task import AnyTask
from train.tracking.serialization import to_json

logger = logging.getLogger(__name__)

NAME = re.compile(r"[0-9a-f]{24}\.json")
MOST_KEPT = 500

Scores = dict[str, float | None]


class _Report(BaseModel):
    """What is read of an origin's report."""

    as_of: str
    scores: dict[str, dict[str, Scores]]
    differences: dict[str, dict[str, Any]] = {}
    intervals: Scores = {}


def read_kept(task: AnyTask, models: Collection[str]) -> dict[str, Any] | None:
    """The report of an origin and these models, if one is stored that can be used."""
    path = _place(task)
    try:
        text = read_bounded(path)
        report = validated(path, text, _Report)
        if report.as_of != task.as_of.isoformat() or report.scores.keys() != {*models}:
            raise ValueError(f"{path}: is the report of another origin, or of other models")
    except FileNotFoundError:
        return None
    except ValueError as error:
        logger.warning("%s; the origin is evaluated again", error)
        return None
    kept: dict[str, Any] = json.loads(text)
    return kept


def keep(task: AnyTask, report: dict[str, Any]) -> None:
    """Store an origin's report; of too many the oldest go."""
    path = _place(task)
    try:
        with replace_file(path) as draft:
            draft.write_text(to_json(report), encoding="utf-8")
        for each in _by_age(path.parent)[:-MOST_KEPT]:
            each.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("%s: cannot be stored: %s", path, error.strerror or error)


def _by_age(folder: Path) -> list[Path]:
    """What is stored, the oldest first."""
    kept = [each for each in folder.iterdir() if NAME.fullmatch(each.name)]
    return sorted(kept, key=lambda each: (each.lstat().st_mtime_ns, each.name))


def _place(task: AnyTask) -> Path:
    """Where an origin's report is stored: named after all that it depends on, the code included."""
    settings = task.config.model_dump_json(exclude={"tracking", "economics"})
    sha256 = task.data.source.sha256
    name = fingerprint(settings, sha256, task.as_of.isoformat(), str(task.horizon_days))
    return state_folder() / "backtest" / f"{name}.json"
