"""What stays of a leaderboard: files, a marked place on a page, runs in MLflow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.leaderboard.scoring import Log, Losses
from features.atomic_file import write_atomically
from features.command_line import state_folder
from features.errors import DataError
from train.tracking import runs as tracking
from train.tracking.serialization import to_json

MARKED = re.compile(r"(<!-- leaderboard -->\n).*(<!-- end -->)", re.DOTALL)


def write(text: str, page: str, logs: Sequence[Log]) -> None:
    """leaderboard.md, .html and .json in the folder of the local state."""
    folder = state_folder() / "leaderboard"
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"md": text, "html": page, "json": to_json([_numbers(each) for each in logs])}
    for suffix, each in texts.items():
        with write_atomically(folder / f"leaderboard.{suffix}") as draft:
            draft.write_text(each, encoding="utf-8")


def _numbers(log: Log) -> dict[str, Any]:
    """All that is shown of a log, and each model's cost at each origin, as plain data."""
    return {
        "log": log.name,
        "horizon_days": log.horizon_days,
        "currency": log.currency,
        "origins": [
            {
                "as_of": origin.as_of,
                "customers": origin.customers,
                "scores": origin.scores,
                "differences_from_ours": origin.differences,
                "costs": {
                    name: {
                        "seconds": each.seconds,
                        "peak_memory_mb": each.peak_memory_mb,
                        "error": each.error,
                    }
                    for name, each in origin.measured.items()
                },
            }
            for origin in log.origins
        ],
    }


def put_into(page: str, text: str) -> str:
    """The page with the text between its marks.

    Raises DataError where it has none.
    """
    whole, count = MARKED.subn(lambda match: f"{match[1]}{text}{match[2]}", page)
    if count != 1:
        raise DataError(
            "the page must have one <!-- leaderboard --> and, after it, one <!-- end -->"
        )
    return whole


def write_into(page: Path, text: str) -> None:
    """Put the text into a page, which has a marked place for it."""
    whole = put_into(page.read_text(encoding="utf-8"), text)
    with write_atomically(page) as draft:
        draft.write_text(whole, encoding="utf-8")


def record(logs: Sequence[Log], found: Losses, texts: Mapping[str, str]) -> None:
    """The losses in the run that is open, and a child run for each log and model."""
    lost, compared = found.judged()
    metrics = {f"losses_{name}": float(found.of(name)) for name in found.compared}
    documents = {"losses": [asdict(each) for each in found.found]}
    tracking.log(
        tracking.Record(
            metrics={"losses": float(lost), "compared": float(compared), **metrics},
            documents=documents,
            texts=texts,
        )
    )
    for log in logs:
        for model in log.models:
            tracking.log_run(
                f"{log.name} {model}",
                tracking.Record(
                    params={"log": log.name, "model": model},
                    metrics={name: log.mean(model, name) for name in found.compared},
                    tags={"model": model, "log": log.name},
                ),
            )
