"""Journeys through `python -m features`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.__main__ import main
from features.purchases.table import schema

CONFIG = """
data.transactions = "log.csv"
data.columns = { customer_id = "c", timestamp = "t", amount = "a" }
problem.horizon_days = 30
"""
LOG = "c,t,a\n01,2024-01-05,10\n02,2024-02-01,20\n01,2024-03-01,5\n,2024-03-02,1\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.csv").write_text(LOG)
    (tmp_path / "x.toml").write_text(CONFIG)
    return tmp_path


def result(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    captured = capsys.readouterr()
    answer: dict[str, Any] = json.loads(captured.out.splitlines()[-1])
    return answer, captured.err


def test_build_writes_the_table_and_tells_its_story(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--config", "x.toml", "--out", "new/f.parquet"]) == 0
    answer, told = result(capsys)
    written = pd.read_parquet("new/f.parquet")
    schema().check(written)
    assert written["customer_id"].tolist() == ["01", "02"]
    assert (written["as_of"] == pd.Timestamp("2024-03-02", tz="UTC")).all()
    assert (answer["rows"], answer["columns"]) == written.shape
    assert answer["as_of"] == "2024-03-02T00:00:00+00:00"
    assert answer["counts"]["guest_rows_dropped"] == 1
    assert answer["out"] == "new/f.parquet"
    assert "1  - dropped: no customer id" in told
    assert "as_of 2024-03-02T00:00:00+00:00 (from the log)" in told


def test_labels_take_the_last_moment_that_the_log_covers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["labels", "--config", "x.toml", "--out", "l.parquet"]) == 0
    answer, _ = result(capsys)
    assert answer["as_of"] == "2024-02-01T00:00:00+00:00"  # the end, 2 March, minus 30 days
    written = pd.read_parquet("l.parquet").set_index("customer_id")
    assert written.loc["01", ["n_orders_future", "revenue_future", "churned"]].tolist() == [1, 5, 0]
    assert main(["labels", "--config", "x.toml", "--horizon-days", "7", "--out", "l.parquet"]) == 0
    answer, _ = result(capsys)
    assert (answer["horizon_days"], answer["rows"]) == (7, 2)


def test_as_of_moves_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--config=x.toml", "--as-of=2024-01-06", "--out=f.parquet"]) == 0
    assert result(capsys)[0]["rows"] == 1
    assert main(["build", "--config=x.toml", "--as-of=2030-01-01", "--out=f.parquet"]) == 0
    assert "lies after the log's end" in result(capsys)[1]


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ("build --config y.toml --out o.parquet", "y.toml: no such file"),
        ("build --config bad.toml --out o.parquet", "bad.toml: problem.horizon_days must be pos"),
        ("build --config x.toml --as-of soon --out o.parquet", "as_of must be a date or an ISO"),
        ("build --config x.toml --as-of 2023-01-01 --out o.parquet", "no customer has a purchase"),
        ("build --config x.toml --out log.csv/o.parquet", "log.csv/o.parquet: cannot be written"),
        ("build --config x.toml --out .", "is a folder; give the name of a file"),
        ("labels --config x.toml --as-of 2024-02-02 --out o.parquet", "as_of must be 2024-02-01T"),
        ("labels --config x.toml --horizon-days 0 --out o.parquet", "must be positive, got 0"),
        ("labels --config x.toml --horizon-days 90 --out o.parquet", "no customer has a purchase"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], argv: str, sentence: str
) -> None:
    (here / "bad.toml").write_text(CONFIG.replace("30", "-30"))
    before = sorted(here.rglob("*"))
    assert main(argv.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sentence in captured.err.splitlines()[-1]
    assert sorted(here.rglob("*")) == before


def test_a_failed_run_leaves_the_former_file(here: Path) -> None:
    (here / "o.parquet").write_text("former")
    assert main(["labels", "--config=x.toml", "--as-of=2024-03-01", "--out=o.parquet"]) == 2
    assert (here / "o.parquet").read_text() == "former"


def test_the_dictionary_is_written_where_told(here: Path) -> None:
    assert main(["dictionary", "--out", "d.md"]) == 0
    assert "recency_days" in (here / "d.md").read_text()


def test_help_imports_nothing_heavy() -> None:
    heavy = "import sys; from features.__main__ import main\ntry: main(['--help'])\n"
    heavy += "except SystemExit: sys.exit(int('pandas' in sys.modules or 'duckdb' in sys.modules))"
    root = Path(__file__).resolve().parent.parent.parent
    assert subprocess.run([sys.executable, "-c", heavy], cwd=root, check=False).returncode == 0
