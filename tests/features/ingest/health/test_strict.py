"""Findings are told by commands, and stop them where that is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from features.__main__ import main as features
from serve.__main__ import _parser as serve_flags
from train.__main__ import _arguments as train_flags

CONFIG = """
data.transactions = "log.csv"
data.columns = { customer_id = "who", timestamp = "at", amount = "paid", order_id = "order" }
problem.horizon_days = 30
"""
BUILD = ("build", "--config", "x.toml", "--out", "f.parquet")
CENTS = "all 270 amounts are whole numbers, and 270 of them 500 or more"
STATES = "405 rows with a positive amount say 'failed' in column state"


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sound: pd.DataFrame) -> pd.DataFrame:
    """A log with two findings, as log.csv of the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.toml").write_text(CONFIG)
    log = sound.assign(paid=(sound["paid"] * 100).astype(int), state="failed")
    log.to_csv("log.csv", index=False)
    return log


def test_a_command_goes_on_and_tells_what_was_found(
    odd: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    assert features([*BUILD]) == 0
    captured = capsys.readouterr()
    result = json.loads(captured.out.splitlines()[-1])
    assert result["findings"] == {"amounts_like_cents": 270, "status_unread": 405}
    assert f"health: {CENTS}" in captured.err
    assert f"health: {STATES}" in captured.err


@pytest.mark.parametrize("command", ["build", "labels"])
def test_findings_are_an_error_of_one_sentence_where_that_is_asked_for(
    command: str, odd: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    assert features([command, *BUILD[1:], "--strict"]) == 2
    captured = capsys.readouterr()
    sentence = captured.err.splitlines()[-1]
    assert sentence.startswith(
        f"log.csv: --strict refuses 2 findings of the health check: (1) {CENTS}"
    )
    assert f"; (2) {STATES}" in sentence
    assert captured.out == ""
    assert not Path("f.parquet").exists()


def test_a_log_without_findings_passes_the_strict_check(
    odd: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    odd.assign(paid=odd["paid"] / 100, state="paid").to_csv("log.csv", index=False)
    assert features([*BUILD, "--strict"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["findings"] == {}


def test_a_log_without_a_positive_amount_is_refused_in_a_sentence_of_its_own(
    odd: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    odd.assign(paid=[-500] * 404 + [0]).to_csv("log.csv", index=False)
    assert features([*BUILD]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "log.csv: no order has a positive amount, by column paid: of 270 orders 269 are negative "
        "and 1 net to nothing; turn the sign in the source where sales are negative there, else "
        "set data.columns.amount to another column"
    )


def test_the_commands_that_read_data_take_the_flag() -> None:
    config = ("--config", "x.toml")
    assert train_flags([*config, "--strict"]).strict
    assert not train_flags([*config]).strict
    for command in ("churn", "spend", "backtest", "tune", "report"):
        out = () if command in ("churn", "spend") else ("--out", "o")
        assert train_flags([*config, "--strict", command, *out]).strict
        assert train_flags([command, *config, *out, "--strict"]).strict
        assert not train_flags([command, *config, *out]).strict
    assert serve_flags().parse_args(["score", *config, "--strict"]).strict
    assert not serve_flags().parse_args(["score", *config]).strict
