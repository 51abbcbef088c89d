"""A finished origin is kept as data: read back whole, or evaluated again."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.config.purchases import PurchaseConfig
from features.ingest.transactions import TransactionLog
from train import kept_origins
from train.kept_origins import keep, read_kept
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask


@pytest.fixture
def task(
    clockwork: pd.DataFrame,
    log_of: Callable[[pd.DataFrame], TransactionLog],
    settings: Callable[..., PurchaseConfig],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> PurchaseTask:
    monkeypatch.setenv("PERENNIAL_VAR", str(tmp_path / "var"))
    log = log_of(clockwork)
    return PurchaseTask(settings(30), PurchaseSnapshots(log), log.end - timedelta(days=30), 30)


def report_of(task: PurchaseTask) -> dict[str, Any]:
    scores = {"everyone": {"auc": 1 / 3, "gini": None}}
    return {"as_of": task.as_of.isoformat(), "customers": 3, "scores": {"ours": scores}}


@pytest.fixture
def kept(task: PurchaseTask, tmp_path: Path) -> Path:
    """The file of a kept origin."""
    keep(task, report_of(task))
    [path] = (tmp_path / "var" / "backtest").iterdir()
    return path


def test_what_is_kept_is_read_to_the_last_bit(task: PurchaseTask, kept: Path) -> None:
    assert read_kept(task, ["ours"]) == report_of(task)
    later = dataclasses.replace(task, as_of=task.as_of + timedelta(days=1))
    assert read_kept(later, ["ours"]) is None


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b'{"as_of": "2025', b"[]", b"\xff", b"[" * 100_000, b'{"as_of": 3}'),
        *(b'{"as_of": "x", "scores": {"ours": {"everyone": {"auc": "high"}}}}', b"{}"),
    ],
    ids=lambda content: repr(content[:20]),
)
def test_what_cannot_be_read_is_one_line_and_evaluated_again(
    task: PurchaseTask, kept: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    kept.write_bytes(content)
    assert read_kept(task, ["ours"]) is None
    [line] = caplog.messages
    assert line.startswith(f"{kept}: ")
    assert line.endswith("the origin is evaluated again")
    keep(task, report_of(task))
    assert read_kept(task, ["ours"]) == report_of(task)


def test_the_report_of_another_origin_or_of_other_models_is_not_taken(
    task: PurchaseTask, kept: Path
) -> None:
    assert read_kept(task, ["ours", "new"]) is None
    kept.write_text(json.dumps(report_of(task) | {"as_of": "2001-01-01T00:00:00+00:00"}))
    assert read_kept(task, ["ours"]) is None


def test_of_too_many_the_oldest_go_and_nothing_else(
    task: PurchaseTask, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_origins, "MOST_KEPT", 3)
    for number in range(5):
        other = kept.with_name(f"{number:024d}.json")
        other.touch()
        os.utime(other, (number, number))
    kept.with_name("notes.json").touch()
    keep(task, report_of(task))
    assert {each.name for each in kept.parent.iterdir()} == {
        *(kept.name, "notes.json", f"{3:024d}.json", f"{4:024d}.json")
    }


def test_a_full_disk_does_not_cost_the_evaluation(
    task: PurchaseTask, tmp_path: Path, full_disk: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with full_disk(10):
        keep(task, report_of(task))
    assert "cannot be stored: File too large" in caplog.text
    assert not list((tmp_path / "var" / "backtest").iterdir())
