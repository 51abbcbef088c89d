"""Outputs of two versions are told apart by a last bit, and not by what passes."""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.outputs import NUMBERS, compare

REPORT = NUMBERS + '{{"clv": {clv}}}</script><style>p {{ margin: 7px }}</style><p>{words} {clv}</p>'


def kept(
    folder: Path, *, clv: float = 0.1, run_id: str = "a", words: str = "worth", **more: Any
) -> Path:
    """A folder as `keep` leaves it, of one configuration."""
    bundle = folder / "cdnow" / "var" / "artifacts" / "bundle"
    bundle.mkdir(parents=True)
    reply = {"clv": clv, "run_id": run_id, "message": words, "unknown": math.nan, **more}
    (bundle / "card.json").write_text(json.dumps({"shift": clv}))
    (bundle / "churn.ubj").write_bytes(b"trees")
    place = folder / "cdnow"
    with closing(sqlite3.connect(place / "var" / "mlflow.db")) as store, store:
        store.execute("CREATE TABLE runs (run_uuid, name, start_time)")
        store.execute("CREATE TABLE params (run_uuid, key, value)")
        store.execute("CREATE TABLE latest_metrics (run_uuid, key, value)")
        store.execute("INSERT INTO runs VALUES (?, 'clv', 1)", [run_id])
        store.execute("INSERT INTO latest_metrics VALUES (?, 'mae', ?)", [run_id, clv])
    (place / "train.json").write_text(json.dumps(reply))
    (place / "http-page.txt").write_text(words)
    (place / "report.html").write_text(REPORT.format(clv=clv, words=words))
    pd.DataFrame({"clv": [clv, math.nan]}).to_parquet(place / "scores.parquet")
    return folder


def test_runs_of_the_same_numbers_are_equal_whatever_passes(tmp_path: Path) -> None:
    one = kept(tmp_path / "one")
    assert compare(one, kept(tmp_path / "other", run_id="b", words="valued at")) == 0


def test_a_last_bit_is_a_difference_in_every_file_that_holds_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = kept(tmp_path / "one")
    assert compare(one, kept(tmp_path / "other", clv=math.nextafter(0.1, 1.0))) == 5
    shown = capsys.readouterr().out
    for name in ("card.json", "train.json", "report.html", "scores.parquet", "runs in MLflow"):
        assert f"cdnow/{name}: " in shown


def test_a_key_or_a_file_that_only_one_of_them_has_is_a_difference(tmp_path: Path) -> None:
    one, other = kept(tmp_path / "one"), kept(tmp_path / "other", more=1)
    (other / "cdnow" / "backtest.csv").write_text("gini")
    assert compare(one, other) == 2
    assert compare(other, one) == 2


def test_folders_without_a_configuration_in_common_are_not_compared(tmp_path: Path) -> None:
    (tmp_path / "other" / "telco").mkdir(parents=True)
    with pytest.raises(SystemExit, match="no configuration in common"):
        compare(kept(tmp_path / "one"), tmp_path / "other")
