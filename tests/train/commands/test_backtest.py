from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from train.purchases.baselines import BASELINES
from train.tracking.mlflow_library import library

SOME = ("past_spend", "bg_nbd_gamma_gamma")  # all are evaluated elsewhere; two are quicker
MODELS = {*SOME, "perennial"}
AGES = ("age_0_7", "age_7_30", "age_30_90", "age_90")
VALUE = {"gini", "spearman", "top_decile_capture", "mae", "rmse", "bias", "decile_error"} | {
    "tweedie_deviance"
}
CHURN = {"auc", "log_loss", "brier", "calibration_error"}
SUMMARY = {
    "horizon_days",
    "currency",
    "data_sha256",
    "run_id",
    "leaderboard",
    "intervals",
    "origins",
}
ORIGINS = ["1998-05-02T00:00:00+00:00", "1998-03-03T00:00:00+00:00"]


class Backtests(NamedTuple):
    """One origin, then two, of which the first was evaluated before."""

    one: Any
    two: Any
    out: Path
    kept: list[dict[Path, int]]
    client: Any

    def children(self, ran: Any) -> dict[str, Any]:
        """The runs below a backtest's, by name."""
        parent = self.client.get_run(ran.result["run_id"])
        found = self.client.search_runs(
            [parent.info.experiment_id],
            f"tags.mlflow.parentRunId = '{parent.info.run_id}'",
        )
        return {each.info.run_name: each for each in found}


@pytest.fixture(scope="module")
def backtests(
    run_command: Callable[..., Any],
    problem: Path,
    var: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Backtests:
    out, ran, kept = tmp_path_factory.mktemp("out") / "deep" / "report.json", [], []
    with pytest.MonkeyPatch.context() as patch:
        for name in BASELINES.keys() - set(SOME):
            patch.delitem(BASELINES, name)
        for count in ("1", "2"):
            argv = ("backtest", "--config", str(problem), "--origins", count, "--out", str(out))
            ran.append(run_command(*argv, var=var))
            kept.append({each: each.stat().st_mtime_ns for each in (var / "backtest").iterdir()})
    client = library().MlflowClient(f"sqlite:///{var / 'mlflow.db'}")
    return Backtests(*ran, out, kept, client)


def test_a_backtest_answers_with_one_line_of_json(backtests: Backtests) -> None:
    for ran, origins in ((backtests.one, ORIGINS[:1]), (backtests.two, ORIGINS)):
        assert ran.code == 0, ran.stderr
        assert ran.result.keys() == SUMMARY | {"out"}
        assert ran.result["origins"] == origins
        assert ran.result["out"] == str(backtests.out)


def test_finished_origins_are_stored_and_not_evaluated_again(backtests: Backtests) -> None:
    first, second = backtests.kept
    assert (len(first), len(second)) == (1, 2)
    assert first.items() < second.items()
    assert "kept from an earlier run" not in backtests.one.stderr
    assert backtests.two.stderr.count("kept from an earlier run") == 1
    assert "1998-05-02: kept from an earlier run" in backtests.two.stderr


def test_what_was_stored_is_as_good_as_what_was_just_evaluated(backtests: Backtests) -> None:
    fresh, stored = backtests.children(backtests.one), backtests.children(backtests.two)
    assert len(fresh) == len(MODELS)
    for name, run in fresh.items():
        assert run.data.metrics == pytest.approx(stored[name].data.metrics)


def test_the_report_holds_every_origin_model_segment_and_metric(backtests: Backtests) -> None:
    report = json.loads(backtests.out.read_text())
    assert report.keys() == SUMMARY
    assert [each["as_of"] for each in report["origins"]] == ORIGINS
    for origin in report["origins"]:
        assert origin.keys() == {
            "as_of",
            "customers",
            "fitted_horizon_days",
            "scores",
            "segments",
            "differences",
            "differences_from_ours",
            "intervals",
            "age_bands",
        }
        assert origin["customers"] == origin["segments"]["everyone"]
        parts = origin["segments"]
        assert parts["one_time"] + parts["repeat"] == parts["everyone"]
        assert sum(parts[each] for each in AGES) == parts["everyone"]
        bands = origin["age_bands"]
        assert [each["customers"] for each in bands] == [parts[each] for each in AGES]
        said = sum(each["revenue_said"] for each in bands)
        happened = sum(each["revenue_happened"] for each in bands)
        assert said / happened - 1 == pytest.approx(
            origin["scores"]["perennial"]["everyone"]["bias"]
        )
        assert origin["scores"].keys() == MODELS
        for scores in origin["scores"].values():
            assert scores.keys() == {"everyone", "one_time", "repeat", *AGES}
            assert all(each.keys() == VALUE | CHURN for each in scores.values())
        assert origin["differences"].keys() == MODELS - {"bg_nbd_gamma_gamma"}
        for metric in origin["differences"]["perennial"].values():
            assert metric["low"] <= metric["difference"] <= metric["high"]
        assert_differences_from_ours(origin["differences_from_ours"], origin["scores"])
        assert origin["scores"]["past_spend"]["everyone"]["auc"] is None


def assert_differences_from_ours(found: dict[str, Any], scores: dict[str, Any]) -> None:
    """Each model's metric minus ours; of the bias the sizes."""
    assert found.keys() == MODELS - {"perennial"}
    ours = scores["perennial"]["everyone"]
    for model, metrics in found.items():
        theirs = scores[model]["everyone"]
        assert metrics.keys() == theirs.keys()
        for name, difference in metrics.items():
            if theirs[name] is None:
                assert difference["difference"] is None
                continue
            pair = (theirs[name], ours[name])
            one, two = map(abs, pair) if name == "bias" else pair
            assert difference["difference"] == pytest.approx(one - two)


def test_the_csv_is_the_leaderboard_of_the_report(backtests: Backtests) -> None:
    with backtests.out.with_suffix(".csv").open() as stream:
        rows = {row.pop("model"): row for row in csv.DictReader(stream)}
    board = {row["model"]: row for row in json.loads(backtests.out.read_text())["leaderboard"]}
    assert rows.keys() == board.keys() == MODELS
    assert list(board) == sorted(board, key=lambda model: -board[model]["gini"])
    for model, row in rows.items():
        for metric, text in row.items():
            value = board[model][metric]
            assert text == "" if value is None else float(text) == pytest.approx(value)


def test_the_leaderboard_is_the_mean_over_origins(backtests: Backtests) -> None:
    report = json.loads(backtests.out.read_text())
    (ours,) = (row for row in report["leaderboard"] if row["model"] == "perennial")
    each = [origin["scores"]["perennial"]["everyone"] for origin in report["origins"]]
    assert ours["auc"] == pytest.approx(np.mean([scores["auc"] for scores in each]))
    assert ours["bias"] == pytest.approx(np.mean([abs(scores["bias"]) for scores in each]))
    covered = [origin["intervals"]["coverage"] for origin in report["origins"]]
    assert report["intervals"]["coverage"] == pytest.approx(np.mean(covered))


def test_there_is_one_parent_and_a_child_per_model_and_origin(backtests: Backtests) -> None:
    report = json.loads(backtests.out.read_text())
    below = backtests.children(backtests.two)
    assert below.keys() == {f"{model} {at[:10]}" for model in MODELS for at in ORIGINS}
    for origin in report["origins"]:
        for model, scores in origin["scores"].items():
            run = below[f"{model} {origin['as_of'][:10]}"]
            assert run.data.params == {"model": model, "as_of": origin["as_of"]}
            assert run.info.status == "FINISHED"
            for metric, value in scores["everyone"].items():
                assert run.data.metrics.get(metric) == pytest.approx(value)
            assert run.data.metrics["repeat_gini"] == pytest.approx(scores["repeat"]["gini"])
    parent = backtests.client.get_run(backtests.two.result["run_id"])
    assert parent.data.params["problem.horizon_days"] == "60"
    assert parent.data.metrics["perennial_gini"] > 0
    assert "mlflow.parentRunId" not in parent.data.tags


def test_pictures_are_drawn_of_what_was_evaluated_just_now(backtests: Backtests) -> None:
    def pictures(run: Any) -> set[str]:
        folder = Path(run.info.artifact_uri.removeprefix("file://")) / "plots"
        return {each.stem for each in folder.iterdir()} if folder.exists() else set()

    drawn = {name: pictures(run) for name, run in backtests.children(backtests.two).items()}
    assert {"deciles", "gain", "reliability", "tracking"} <= drawn["perennial 1998-03-03"]
    assert drawn["past_spend 1998-03-03"] == set()
    assert drawn["perennial 1998-05-02"] == set()
    parent = backtests.client.get_run(backtests.two.result["run_id"])
    assert pictures(parent) == {"leaderboard"}


@pytest.mark.parametrize("name", ["report.csv", "folder", "file/report.json"])
def test_a_place_that_cannot_hold_the_report_is_refused_before_the_work(
    name: str, run_command: Callable[..., Any], problem: Path, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    out = tmp_path / name
    argv = ("backtest", "--config", str(problem), "--out", str(out))
    ran = run_command(*argv, var=tmp_path / "var")
    assert (ran.code, ran.result) == (2, {})
    assert ran.stderr.splitlines()[-1].startswith(f"{out}: ")
    assert len(ran.stderr.splitlines()) == 1
    assert {each.name for each in tmp_path.iterdir()} == {"folder", "file"}
