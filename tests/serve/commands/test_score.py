"""Journeys through `python -m serve score`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.csv_text import protect
from models.purchases.predictor import PurchasePredictor
from serve.__main__ import main
from train.commands.report import read_tiers

COLUMNS = [
    *("customer_id", "as_of", "horizon_days", "p_churn", "expected_spend", "expected_revenue"),
    *("clv", "clv_low", "clv_high", "clv_historic", "clv_total", "clv_net", "tier", "segment"),
    *("basis", "currency", "model_version", "warnings"),
]


@pytest.fixture(autouse=True)
def environment(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_VAR", str(store.var))
    monkeypatch.delenv("PERENNIAL_MODEL", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def refused(capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    """The sentence of a command that ends with 2."""
    assert main(["score", *flags]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()[-1]


def test_every_customer_of_the_log_is_scored(
    store: Any,
    config_path: Path,
    table: pd.DataFrame,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, left = tmp_path / "new" / "scores.parquet", tmp_path / "features.parquet"
    flags = ["--config", str(config_path), "--out", str(out), "--features-out", str(left)]
    assert main(["score", *flags]) == 0
    captured = capsys.readouterr()
    result = json.loads(captured.out.splitlines()[-1])

    scores = pd.read_parquet(out)
    assert list(scores) == COLUMNS
    assert list(scores["customer_id"]) == list(table.index)
    assert scores["as_of"].unique().tolist() == [pd.Timestamp("1998-07-01", tz="America/New_York")]
    assert set(scores["horizon_days"]) == {60}
    assert set(scores["currency"]) == {"USD"}
    assert set(scores["model_version"]) == {"1"}
    once = scores["customer_id"].isin(table.index[table["repeat_days"] == 0])
    assert scores.loc[once, "warnings"].str.contains("only one purchase day so far").all()

    as_of = pd.Timestamp("1998-07-01", tz="America/New_York").to_pydatetime()
    predictions = PurchasePredictor(store.bundle).predict(table, as_of=as_of)
    assert scores["clv"].tolist() == predictions["clv"].tolist()

    assert result["rows"] == len(scores) == 2349
    assert result["out"] == str(out)
    assert result["model"]["version"] == "1"
    assert result["total_clv"] == pytest.approx(scores["clv"].sum())
    assert [each["customer_id"] for each in result["top"]] == list(
        scores.nlargest(10, "clv")["customer_id"]
    )
    assert "6,919  rows read" in captured.err
    assert result["top"][0]["customer_id"] in captured.err

    features = pd.read_parquet(left)
    assert list(features) == ["customer_id", "as_of", *table.columns]
    assert len(list(tmp_path.rglob("*"))) == 3, "nothing half-written is left behind"


def test_as_of_horizon_model_and_csv_can_be_chosen(
    store: Any, config_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "scores.csv"
    chosen = ["--as-of", "1997-04-01", "--horizon-days", "30", "--model", str(store.folder)]
    assert main(["score", "--config", str(config_path), "--out", str(out), *chosen]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    scores = pd.read_csv(out, dtype={"customer_id": str})
    assert (result["horizon_days"], result["as_of"]) == (30, "1997-04-01T05:00:00+00:00")
    assert result["model"]["version"].startswith("card-")
    assert len(scores) == result["rows"]


def test_a_csv_runs_nothing_in_a_spreadsheet_and_loses_no_id(
    store: Any, config_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = pd.read_parquet(config_path.parent / "log.parquet")
    names = ["=1+1", "\uff1d1", "-5", "007", "NAN", "'quoted", "a;=1", "a\nb", "\u202etxt"]
    known = log["customer_id"].unique()[:40]
    renamed = dict(zip(known, [*names, *known[len(names) :]], strict=True))
    few = log[log["customer_id"].isin(known)].assign(
        customer_id=lambda own: own["customer_id"].map(renamed)
    )
    few.to_parquet(tmp_path / "log.parquet")
    config = tmp_path / "hostile.toml"
    config.write_text(config_path.read_text().replace(str(config_path.parent), str(tmp_path)))
    flags = ["--config", str(config), "--model", str(store.folder)]
    for name in ("scores.csv", "scores.parquet"):
        assert main(["score", *flags, "--out", str(tmp_path / name)]) == 0
    capsys.readouterr()
    frame = pd.read_parquet(tmp_path / "scores.parquet").set_index("customer_id")
    assert set(names) <= {*frame.index}
    written = pd.read_csv(tmp_path / "scores.csv", dtype="str", keep_default_na=False)
    assert list(written) == COLUMNS
    assert {*written["customer_id"]} == {*map(protect, frame.index)}
    assert {"'=1+1", "'\uff1d1", "'-5", "007", "NAN", "''quoted"} <= {*written["customer_id"]}
    tiers = read_tiers(tmp_path / "scores.csv", "America/New_York").customers
    assert tiers["tier"].to_dict() == frame["tier"].to_dict()
    assert tiers["clv"].to_dict() == pytest.approx(frame["clv"].to_dict(), nan_ok=True)


def test_empty_flags_count_as_none(
    config_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = ["--as-of", "", "--horizon-days", "", "--model", "", "--features-out", ""]
    out = str(tmp_path / "scores.parquet")
    assert main(["score", "--config", str(config_path), "--out", out, *empty]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["horizon_days"] == 60


def test_bad_input_is_one_sentence_and_leaves_nothing(
    store: Any, config_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    euro = tmp_path / "euro.toml"
    euro.write_text(config_path.read_text().replace("timezone", 'currency = "EUR"\ntimezone'))
    config, folder = ["--config", str(config_path)], str(store.folder)
    out = ["--out", str(tmp_path / "s.parquet"), "--model", folder]
    for flags, sentence in [
        ([*config, "--out", "scores.xlsx"], "--out must end in .parquet or .csv, got scores.xlsx"),
        ([*config, *out, "--as-of", "soon"], "as_of must be a date or an ISO timestamp"),
        ([*config, *out, "--as-of", "1990-01-01"], "no customer has a purchase before as_of"),
        ([*config, *out, "--model", "models:/clv@nobody"], "models:/clv@nobody: no such model"),
        ([*config, *out, "--model", "models:/clv/x"], "PERENNIAL_MODEL must be models:/name@alias"),
        ([*config, *out, "--model", str(tmp_path)], "card.json: cannot be read"),
        (["--config", str(euro), *out], "data.currency is EUR, but the model was trained on USD"),
        (["--config", "nowhere.toml", *out], "nowhere.toml: no such file"),
    ]:
        assert sentence in refused(capsys, *flags)
    assert [each.name for each in tmp_path.iterdir()] == ["euro.toml"]


def test_a_missing_model_is_an_error_with_the_command_that_makes_one(
    config_path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PERENNIAL_VAR", str(tmp_path))
    flags = ("--config", str(config_path), "--out", str(tmp_path / "s.parquet"))
    assert "python -m train --config" in refused(capsys, *flags)
    assert not any(tmp_path.iterdir())


def test_another_time_zone_and_other_economics_are_warned_of(
    store: Any, config_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.toml"
    text = config_path.read_text().replace("America/New_York", "UTC")
    other.write_text(text + "[economics]\nmargin = 0.5\n")
    flags = ["--config", str(other), "--out", str(tmp_path / "s.parquet")]
    assert main(["score", *flags, "--model", str(store.folder)]) == 0
    printed = capsys.readouterr().err
    assert "data.timezone is UTC, the model's is America/New_York" in printed
    assert "[economics] differs from the model's" in printed


def test_help_answers_without_the_heavy_imports() -> None:
    code = (
        "import sys; from serve.__main__ import _parser; _parser().format_help(); "
        "print([name for name in ('pandas', 'mlflow', 'bentoml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
