"""The command goes on where models fail, and writes what it found to every place it names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.leaderboard.__main__ import main
from benchmarks.leaderboard.rivals import COMPETITORS, Competitor
from train.tracking.mlflow_library import library

ROOT = Path(__file__).resolve().parent.parent.parent.parent
LACKING = "benchmarks.leaderboard.lifetimes_btyd"  # a program whose package is not in this Python
ERROR = "ModuleNotFoundError: No module named 'lifetimes'"


def test_a_leaderboard_of_failures_is_a_leaderboard(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tracking_database: Callable[[Path], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    var = tracking_database(tmp_path / "var")
    monkeypatch.setenv("PERENNIAL_VAR", str(var))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    lacking = [Competitor(each.name, each.title, None, LACKING) for each in COMPETITORS[:2]]
    monkeypatch.setattr("benchmarks.leaderboard.__main__.COMPETITORS", lacking)
    config, page = tmp_path / "sample.toml", tmp_path / "page.md"
    text = (ROOT / "configs" / "cdnow.toml").read_text()
    sample = ROOT / "data" / "cdnow_sample.parquet"
    config.write_text(text.replace("data/cdnow.parquet", str(sample)))
    page.write_text("# A\n<!-- leaderboard -->\n<!-- end -->\n")
    assert main([str(config), "--origins", "2", "--page", str(page)]) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[-1].startswith("losses beyond chance: 0 of 0 (")
    assert "; Perennial failed: sample 1998-04-02, sample 1998-01-02" in shown.splitlines()[-1]
    assert page.read_text().count(f"| Perennial | 1998-04-02 | {ERROR} |") == 1
    folder = var / "leaderboard"
    assert {each.suffix for each in folder.iterdir()} == {".md", ".html", ".json"}
    [log] = json.loads((folder / "leaderboard.json").read_text())
    assert [each["costs"]["perennial"]["error"] for each in log["origins"]] == [ERROR] * 2
    [run, *children] = library().search_runs(
        search_all_experiments=True, order_by=["start_time"], output_format="list"
    )
    assert run.data.metrics["losses"] == run.data.metrics["compared"] == 0
    assert {each.data.tags["model"] for each in children} == {"perennial", "past_spend"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{root}/configs/telco.toml"], "compares models of purchases"),
        (["{tmp}/no-such.toml"], "no-such.toml"),
        (["--page", "{tmp}/unmarked.md"], "<!-- leaderboard -->"),
        (["--page", "{tmp}/no-such.md"], "no-such.md"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_exit_code_2(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tracking_database: Callable[[Path], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "unmarked.md").write_text("# A\n")
    monkeypatch.chdir(ROOT)  # where the samples are
    monkeypatch.setenv("PERENNIAL_VAR", str(tracking_database(tmp_path / "var")))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert main([each.format(root=ROOT, tmp=tmp_path) for each in arguments]) == 2
    said = capsys.readouterr()
    assert sentence in said.err.splitlines()[-1]
    assert not said.out
