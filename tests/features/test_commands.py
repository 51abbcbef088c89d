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
def here(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PERENNIAL_VAR", str(tmp_path_factory.mktemp("state")))
    (tmp_path / "log.csv").write_text(LOG)
    (tmp_path / "x.toml").write_text(CONFIG)
    return tmp_path


def result(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    captured = capsys.readouterr()
    written: dict[str, Any] = json.loads(captured.out.splitlines()[-1])
    return written, captured.err


def test_build_writes_the_table_and_accounts_for_every_row(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["build", "--config", "x.toml", "--out", "new/f.parquet"]) == 0
    summary, progress = result(capsys)
    written = pd.read_parquet("new/f.parquet")
    schema().check(written)
    assert written["customer_id"].tolist() == ["01", "02"]
    assert (written["as_of"] == pd.Timestamp("2024-03-02", tz="UTC")).all()
    assert (summary["rows"], summary["columns"]) == written.shape
    assert summary["as_of"] == "2024-03-02T00:00:00+00:00"
    assert summary["counts"]["guest_rows_dropped"] == 1
    assert summary["out"] == "new/f.parquet"
    assert "1  - dropped: no customer id" in progress
    assert "as_of 2024-03-02T00:00:00+00:00 (from the log)" in progress


def test_labels_are_as_of_the_last_time_whose_horizon_is_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["labels", "--config", "x.toml", "--out", "l.parquet"]) == 0
    summary, _ = result(capsys)
    assert summary["as_of"] == "2024-02-01T00:00:00+00:00"  # the end, 2 March, minus 30 days
    written = pd.read_parquet("l.parquet").set_index("customer_id")
    assert written.loc["01", ["n_orders_future", "revenue_future", "churned"]].tolist() == [1, 5, 0]
    assert main(["labels", "--config", "x.toml", "--horizon-days", "7", "--out", "l.parquet"]) == 0
    summary, _ = result(capsys)
    assert (summary["horizon_days"], summary["rows"]) == (7, 2)


def test_as_of_moves_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--config=x.toml", "--as-of=2024-01-06", "--out=f.parquet"]) == 0
    assert result(capsys)[0]["rows"] == 1
    assert main(["build", "--config=x.toml", "--as-of=2030-01-01", "--out=f.parquet"]) == 0
    assert "lies after the log's end" in result(capsys)[1]


def test_tables_and_labels_of_subscribers_are_written(
    tmp_path: Path, dated_rows: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "customers.csv").write_text(dated_rows)
    (tmp_path / "mine.toml").write_text(
        f"""
data.customers = "{tmp_path / "customers.csv"}"
data.columns = {{ customer_id = "who", start = "since", amount = "fee", cancelled = "until" }}
problem = {{ relationship = "contract", horizon_days = 50 }}
"""
    )

    def run(command: str, *flags: str) -> pd.DataFrame:
        out = tmp_path / "out.parquet"
        assert (
            main([command, "--config", f"{tmp_path / 'mine.toml'}", "--out", str(out), *flags]) == 0
        )
        assert json.loads(capsys.readouterr().out)["counts"]["customers"] == 5
        return pd.read_parquet(out)

    # known until the midnight after 20 August, the last date of the table
    assert list(run("build")["customer_id"]) == ["a", "e"]
    assert list(run("build", "--as-of", "2024-07-01")["customer_id"]) == ["a", "c", "d"]
    found = run("labels").set_index("customer_id")
    assert str(found["as_of"].iloc[0])[:10] == "2024-07-02"
    assert found["churned"].to_dict() == {"a": 0, "d": 1, "e": 0}
    flags = ["--config", f"{tmp_path / 'mine.toml'}", "--out", "x"]
    assert main(["build", *flags, "--as-of", "2023-01-01"]) == 2
    assert "nobody has a subscription as of 2023-01-01" in capsys.readouterr().err
    assert main(["labels", *flags, "--horizon-days", "60", "--as-of", "2024-07-01"]) == 2
    assert "as_of must be 2024-06-22" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ("build --config y.toml --out o.parquet", "y.toml: no such file"),
        ("build --config bad.toml --out o.parquet", "bad.toml: problem.horizon_days must be pos"),
        ("build --config x.toml --as-of soon --out o.parquet", "as_of must be a date or an ISO"),
        ("build --config x.toml --as-of 2023-01-01 --out o.parquet", "no customer has a purchase"),
        ("build --config x.toml --out log.csv/o.parquet", "log.csv/o.parquet: cannot be written"),
        ("build --config x.toml --out .", "is a folder, not the name of a file"),
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


def test_the_dictionary_is_written_to_out(here: Path) -> None:
    assert main(["dictionary", "--out", "d.md"]) == 0
    assert "recency_days" in (here / "d.md").read_text()


def test_help_imports_nothing_heavy() -> None:
    heavy = "import sys; from features.__main__ import main\ntry: main(['--help'])\n"
    heavy += "except SystemExit: sys.exit(int('pandas' in sys.modules or 'duckdb' in sys.modules))"
    root = Path(__file__).resolve().parent.parent.parent
    assert subprocess.run([sys.executable, "-c", heavy], cwd=root, check=False).returncode == 0
