from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from models import bundle as bundles
from train.__main__ import _arguments
from train.tracking.mlflow_library import library

KEYS = {
    "run_id",
    "as_of",
    "horizon_days",
    "fitted_horizon_days",
    "customers",
    "currency",
    "rounds",
    "metrics",
    "counts",
    "findings",
    "data_sha256",
}
# The expected total of revenue is shared out among customers by both models together.
LEVELS = {
    "churn": set(),
    "spend": {
        *("mae", "rmse", "bias", "decile_error", "tweedie_deviance"),
        *("mean_absolute_error", "root_mean_squared_error"),
    },
}


class Commands(NamedTuple):
    """What the four commands ran, and the store that they left."""

    first: Any
    second: Any
    churn: Any
    spend: Any
    client: Any

    def run(self, run_id: str) -> Any:
        return self.client.get_run(run_id)

    def children(self, ran: Any) -> dict[str, Any]:
        """The runs below the one that a command names, by their model."""
        found = self.client.search_runs(
            [self.run(ran.result["run_id"]).info.experiment_id],
            f"tags.mlflow.parentRunId = '{ran.result['run_id']}'",
        )
        return {each.data.tags["model"]: each for each in found}


@pytest.fixture(scope="module")
def commands(run_command: Callable[..., Any], problem: Path, var: Path) -> Commands:
    config = ("--config", str(problem))
    return Commands(
        # An empty flag is no flag: MLflow passes those on.
        run_command(*config, "--as-of", "", "--horizon-days", "", var=var),
        run_command(*config, "--as-of", "1998-05-01", "--horizon-days", "45", var=var),
        run_command("churn", *config, var=var),
        run_command("spend", *config, var=var),
        library().MlflowClient(f"sqlite:///{var / 'mlflow.db'}"),
    )


def test_training_answers_with_one_line_of_json_and_what_it_registered(commands: Commands) -> None:
    first, second = commands.first, commands.second
    assert (first.code, second.code) == (0, 0)
    assert first.result.keys() == second.result.keys() == KEYS | {"model", "version", "alias"}
    assert first.result["as_of"] == "1998-07-01T00:00:00+00:00"
    assert second.result["as_of"] == "1998-05-01T00:00:00+00:00"
    assert (first.result["horizon_days"], second.result["horizon_days"]) == (60, 45)
    assert first.result["counts"]["rows_read"] == 6919
    assert first.result["customers"] == 2349


def test_progress_tells_the_counts_the_moment_and_the_quality(commands: Commands) -> None:
    for word in ("6,919  rows read", "(the log's end)", "held out: 2349 customers", "ROC-AUC"):
        assert word in commands.first.stderr
    assert "(the log's end)" not in commands.second.stderr
    assert "registered clv version 1 as champion" in commands.first.stderr
    assert "returners: MAE" in commands.spend.stderr
    assert "ROC-AUC" not in commands.spend.stderr
    assert "returners" not in commands.churn.stderr


def test_the_first_version_is_champion_and_the_next_challenger(commands: Commands) -> None:
    named = [(each.result["model"], each.result["alias"]) for each in commands[:2]]
    assert named == [("clv", "champion"), ("clv", "challenger")]
    aliases = commands.client.get_registered_model("clv").aliases
    for ran in commands[:2]:
        assert str(aliases[ran.result["alias"]]) == ran.result["version"]
        version = commands.client.get_model_version("clv", ran.result["version"])
        assert version.run_id == ran.result["run_id"]


def test_one_model_alone_is_recorded_and_not_registered(commands: Commands) -> None:
    for name in ("churn", "spend"):
        ran = getattr(commands, name)
        assert ran.code == 0
        assert ran.result.keys() == KEYS
        assert {each.split("_")[0] for each in ran.result["metrics"]} == {name}
        assert commands.run(ran.result["run_id"]).data.tags["model"] == name
        assert commands.children(ran) == {}
    assert len(commands.client.search_model_versions("name = 'clv'")) == 2


def test_runs_of_one_model_have_the_same_metrics_wherever_they_were_made(
    commands: Commands,
) -> None:
    first, second = (commands.children(ran) for ran in commands[:2])
    assert first.keys() == second.keys() == {"churn", "spend"}
    for name in ("churn", "spend"):
        alone = commands.run(getattr(commands, name).result["run_id"]).data
        for below in (first, second):
            data = below[name].data
            assert data.metrics.keys() == alone.metrics.keys()
            assert data.params.keys() <= alone.params.keys()
        # The same data, settings and seed: the same trees, alone or with the other's.
        for metric, value in alone.metrics.items():
            if metric not in LEVELS[name]:
                assert first[name].data.metrics[metric] == pytest.approx(value), metric
    parents = [commands.run(ran.result["run_id"]).data for ran in commands[:2]]
    assert parents[0].metrics.keys() == parents[1].metrics.keys()
    assert {"gini", "prior_gini", "mae", "interval_coverage"} <= parents[0].metrics.keys()
    assert parents[0].params["problem.horizon_days"] == "60"


def test_runs_are_named_with_their_moment(commands: Commands) -> None:
    for ran, day in zip(commands[:2], ("1998-07-01", "1998-05-01"), strict=True):
        runs = {"clv": commands.run(ran.result["run_id"]), **commands.children(ran)}
        assert {name: each.info.run_name for name, each in runs.items()} == {
            name: f"{name} {day}" for name in ("clv", "churn", "spend")
        }
        assert {each.data.tags["as_of"] for each in runs.values()} == {day}


def test_metrics_have_the_names_that_mlflow_gives_them_too(commands: Commands) -> None:
    below = commands.children(commands.first)
    churn, spend = below["churn"].data.metrics, below["spend"].data.metrics
    assert churn["roc_auc"] == churn["auc"]
    assert "log_loss" in churn
    for metrics in (spend, commands.run(commands.first.result["run_id"]).data.metrics):
        assert metrics["mean_absolute_error"] == metrics["mae"]
        assert metrics["root_mean_squared_error"] == metrics["rmse"]


def test_runs_name_the_data_that_they_were_trained_on_and_no_customer(
    commands: Commands, problem: Path
) -> None:
    ran = commands.first
    ids = set(pd.read_parquet(problem.with_name("log.parquet"))["customer_id"])
    for run in (commands.run(ran.result["run_id"]), *commands.children(ran).values()):
        [given] = run.inputs.dataset_inputs
        data, schema = given.dataset, json.loads(given.dataset.schema)["mlflow_colspec"]
        assert (data.name, data.digest) == ("log", ran.result["data_sha256"][:12])
        assert {each["name"]: each["type"] for each in schema} == {
            "customer_id": "string",
            "ts": "datetime",
            "amount": "double",
        }
        assert json.loads(data.profile)["num_rows"] == 6919
        assert [(each.key, each.value) for each in given.tags] == [
            ("mlflow.data.context", "training")
        ]
        assert library().data.get_source(given).load()  # the file itself
        assert not [each for each in ids if f'"{each}"' in str(data.to_dictionary())]


def test_what_stdout_says_is_what_was_recorded(commands: Commands) -> None:
    for ran in commands[:2]:
        below = commands.children(ran)
        recorded = {"clv": commands.run(ran.result["run_id"]), **below}
        for name, value in ran.result["metrics"].items():
            model, metric = name.split("_", 1)
            assert recorded[model].data.metrics[metric] == pytest.approx(value)
        for name, rounds in ran.result["rounds"].items():
            assert below[name].data.params["rounds"] == str(rounds)


def test_the_registered_bundle_is_the_one_that_was_trained(commands: Commands, var: Path) -> None:
    found = sorted((var / "artifacts").rglob("bundle/card.json"))
    cards = [bundles.load(each.parent).card for each in found]
    assert {each.horizon_days for each in cards} == {60, 45}
    for ran in commands[:2]:
        (card,) = (each for each in cards if each.horizon_days == ran.result["horizon_days"])
        assert card.metrics == pytest.approx(ran.result["metrics"])
        assert card.training.data_sha256 == ran.result["data_sha256"]


def is_kept(path: Path, var: Path) -> bool:
    """Whether it is of the lines that commands keep, which are no artefact, or where they lie."""
    return path == var or path.is_relative_to(var / "transactions")


def test_artefacts_hold_no_pickle_and_no_customer(commands: Commands, var: Path) -> None:
    assert commands.first.code == 0
    files = [each for each in var.rglob("*") if each.is_file() and not is_kept(each, var)]
    assert len(files) > 30
    for path in files:
        content = path.read_bytes()
        assert b"who-" not in content, path
        # Every pickle since protocol 2 begins with this byte.
        assert content[:1] != b"\x80", path
        assert path.suffix not in {".pkl", ".pickle", ".joblib", ".skops"}


def test_every_run_has_its_pictures(commands: Commands) -> None:
    below = commands.children(commands.first)
    wanted = {"learning_curve", "importance"}
    for run, names in (
        (below["churn"], wanted | {"reliability"}),
        (below["spend"], wanted | {"deciles"}),
        (commands.run(commands.first.result["run_id"]), {"deciles", "gain"}),
    ):
        folder = Path(run.info.artifact_uri.removeprefix("file://")) / "plots"
        assert {f"{name}.png" for name in names} <= {each.name for each in folder.iterdir()}


REFUSALS = {
    "an unknown key": (["--config", "unknown.toml"], "problem.horizon_day is an unknown key"),
    "no such configuration": (["--config", "none.toml"], "none.toml: no such file"),
    "no such log": (["--config", "nolog.toml"], "nolog.parquet: no such file"),
    "after the log's end": (["--as-of", "1998-07-02"], "lies after the log's end 1998-07-01"),
    "before the log's begin": (["--as-of", "1997-01-01"], "no transaction before as_of 1997-01-01"),
    "no timestamp": (["--as-of", "soon"], "as_of must be a date or an ISO timestamp"),
    "no horizon": (["--horizon-days", "0"], "must be 1 to 3650 days, got '0'"),
    "half a horizon": (["--horizon-days", "1.5"], "must be 1 to 3650 days, got '1.5'"),
}


@pytest.mark.parametrize("command", [(), ("churn",), ("backtest", "--out", "report.json")])
@pytest.mark.parametrize("case", REFUSALS)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    command: tuple[str, ...],
    case: str,
    run_command: Callable[..., Any],
    problem: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = problem.read_text()
    (tmp_path / "unknown.toml").write_text(text.replace("horizon_days", "horizon_day"))
    (tmp_path / "nolog.toml").write_text(text.replace("log.parquet", "nolog.parquet"))
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    argv, sentence = REFUSALS[case]
    config = [] if "--config" in argv else ["--config", str(problem)]
    ran = run_command(*command, *config, *argv, var=tmp_path / "var")
    assert ran.code == 2
    assert ran.result == {}
    assert sentence in ran.stderr.splitlines()[-1]
    assert "Traceback" not in ran.stderr
    left = [each for each in sorted(tmp_path.rglob("*")) if not is_kept(each, tmp_path / "var")]
    assert left == before


def test_flags_before_the_name_of_a_command_count_too() -> None:
    argv = ["--config", "c.toml", "--as-of", "2011-06-01", "churn", "--horizon-days", "30"]
    arguments = _arguments(argv)
    assert (arguments.command, arguments.config) == ("churn", Path("c.toml"))
    assert (arguments.as_of, arguments.horizon_days) == ("2011-06-01", 30)


def test_a_store_out_of_reach_is_one_sentence_and_leaves_nothing(
    run_command: Callable[..., Any], problem: Path, tmp_path: Path
) -> None:
    unreachable = {
        "MLFLOW_TRACKING_URI": "http://me:secret@127.0.0.1:9",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }
    out = tmp_path / "out" / "report.json"
    for command in ((), ("spend",), ("backtest", "--out", str(out))):
        ran = run_command(*command, "--config", str(problem), var=tmp_path / "var", **unreachable)
        assert (ran.code, ran.result) == (2, {})
        assert ran.stderr.splitlines()[-1].startswith("tracking store http://***@127.0.0.1:9")
        assert "secret" not in ran.stderr
    left = [each for each in tmp_path.rglob("*") if not is_kept(each, tmp_path / "var")]
    assert [each.name for each in left] == ["tracking.lock"]


def test_a_configuration_must_be_named(run_command: Callable[..., Any], tmp_path: Path) -> None:
    ran = run_command("churn", var=tmp_path / "var")
    assert ran.code == 2
    assert "--config is required" in ran.stderr.splitlines()[-1]


def test_a_log_of_refunds_leaves_no_model(
    run_command: Callable[..., Any], problem: Path, tmp_path: Path, var: Path
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("customer_id,ts,amount\nann,2024-01-01,-5\n")
    config = tmp_path / "problem.toml"
    config.write_text(problem.read_text().replace(str(problem.with_name("log.parquet")), str(log)))
    ran = run_command("--config", str(config), var=var)
    assert (ran.code, ran.result) == (2, {})
    assert (
        "log.csv: no order has a positive amount, by column amount" in (ran.stderr.splitlines()[-1])
    )
