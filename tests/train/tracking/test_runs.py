from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from models import bundle as bundles
from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor
from train.charts.theme import Spec
from train.tracking.mlflow_library import library
from train.tracking.registry import Registered, register
from train.tracking.runs import Record, connect, log, log_run, start_run

AS_OF = datetime(2025, 1, 1, tzinfo=UTC)
COLUMNS = ["recency_days", "n_orders"]
KEPT = {".db", ".json", ".md", ".png", ".html", ".toml", ".ubj", ".txt", ".yaml", ".py", ""}


@pytest.fixture(scope="module")
def var(
    tracking_database: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A tracking store of this module's own, connected."""
    folder = tracking_database(tmp_path_factory.mktemp("var"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERENNIAL_VAR", str(folder))
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
            patch.delenv(name, raising=False)
        connect("shop")
        yield folder


@pytest.fixture
def client(var: Path) -> Any:
    connect("shop")
    return library().MlflowClient()


def rows() -> pd.DataFrame:
    return pd.DataFrame([[1.0, 2.0], [3.0, np.nan], [9.0, 1.0]], columns=COLUMNS, dtype="float32")


def booster() -> xgb.Booster:
    matrix = xgb.DMatrix(rows().to_numpy(), label=[0.0, 1.0, 1.0])
    return xgb.train({"nthread": 1, "min_child_weight": 0}, matrix, num_boost_round=2)


def chart() -> Spec:
    encoding = {"x": {"field": "x", "type": "quantitative"}}
    return {"data": {"values": [{"x": 1.0}]}, "mark": "point", "encoding": encoding}


def text_of(client: Any, run_id: str, name: str) -> str:
    return str(library().artifacts.load_text(f"{client.get_run(run_id).info.artifact_uri}/{name}"))


def test_the_default_store_lies_in_var(client: Any, var: Path) -> None:
    with start_run("clv", Record(texts={"report.html": "<p>"})) as run_id:
        pass
    run = client.get_run(run_id)
    assert (var / "mlflow.db").is_file()
    assert (var / "artifacts" / run_id / "artifacts" / "report.html").read_text() == "<p>"
    assert client.get_experiment(run.info.experiment_id).name == "shop"
    assert (run.info.run_name, run.info.status) == ("clv", "FINISHED")


def test_children_hang_under_their_parent_with_words_for_a_newcomer(client: Any) -> None:
    config = {"data": {"currency": "GBP"}, "problem": {"horizon_days": 90, "seed": None}}
    with start_run("clv", Record(description="**Both**"), config=config) as run_id:
        ids = [
            log_run(name, Record(description=f"{name} model", metrics={"auc": 0.5 + place}))
            for place, name in enumerate(("churn", "spend"))
        ]
        log(Record(metrics={"gini": 0.7}, tags={"currency": "GBP"}))
    above, below = client.get_run(run_id).data, [client.get_run(each).data for each in ids]
    assert [each.tags["mlflow.parentRunId"] for each in below] == [run_id, run_id]
    assert [each.tags["mlflow.note.content"] for each in below] == ["churn model", "spend model"]
    assert [each.metrics for each in below] == [{"auc": 0.5}, {"auc": 1.5}]
    assert above.tags["mlflow.note.content"] == "**Both**"
    assert above.metrics == {"gini": 0.7}
    assert above.params == {
        "data.currency": "GBP",
        "problem.horizon_days": "90",
        "problem.seed": "None",
    }
    assert json.loads(text_of(client, run_id, "config.json")) == config


def test_what_is_not_finite_is_named_and_not_logged(client: Any) -> None:
    record = Record(
        metrics={"auc": float("nan"), "mae": np.float64(2.0), "bias": float("inf")},
        documents={"scores": {"auc": float("nan"), "n": np.int64(3), "as_of": AS_OF, "rows": (1,)}},
    )
    with start_run("churn", record) as run_id:
        pass
    data = client.get_run(run_id).data
    assert data.metrics == {"mae": 2.0}
    assert data.tags["undefined_metrics"] == "auc, bias"
    assert json.loads(text_of(client, run_id, "scores.json")) == {
        "auc": None,
        "n": 3,
        "as_of": "2025-01-01 00:00:00+00:00",
        "rows": [1],
    }


def test_many_and_long_settings_are_kept(client: Any) -> None:
    settings = {f"s{number}": number for number in range(150)} | {"long": "x" * 9000}
    with start_run("clv", Record(params=settings)) as run_id:
        pass
    params = client.get_run(run_id).data.params
    assert len(params) == 151
    assert params["s149"] == "149"
    assert params["long"].endswith("x [...]")


def test_curves_keep_their_steps(client: Any) -> None:
    curves: dict[str, Sequence[float] | Mapping[int, float]] = {
        "deviance": {0: 0.5, 40: 0.4, 80: 0.45},
        "loss": [3.0, float("nan"), 1.0],
    }
    with start_run("churn", Record(curves=curves)) as run_id:
        pass
    found = {
        name: [(each.step, each.value) for each in client.get_metric_history(run_id, name)]
        for name in curves
    }
    assert found == {
        "deviance": [(0, 0.5), (40, 0.4), (80, 0.45)],
        "loss": [(0, 3.0), (2, 1.0)],
    }


def test_a_booster_comes_back_the_same_with_a_typed_example(client: Any, var: Path) -> None:
    made = booster()
    with start_run("churn", Record(booster=made, example=rows(), figures={"gain": chart()})) as run:
        pass
    found = client.search_logged_models(
        [client.get_run(run).info.experiment_id], filter_string=f"source_run_id = '{run}'"
    )
    uri = f"models:/{found[0].model_id}"
    model = library().xgboost.load_model(uri)
    matrix = xgb.DMatrix(rows().to_numpy())
    assert model.predict(matrix).tolist() == made.predict(matrix).tolist()
    info = library().models.get_model_info(uri)
    assert [each["type"] for each in info.signature.inputs.to_dict()] == ["float", "float"]
    assert (var / "artifacts" / run / "artifacts" / "plots" / "gain.png").is_file()


def test_a_run_whose_body_fails_is_recorded_as_failed(client: Any) -> None:
    with pytest.raises(ZeroDivisionError), start_run("doomed", Record()):
        raise ZeroDivisionError
    experiment = client.get_experiment_by_name("shop").experiment_id
    found = client.search_runs([experiment], "attributes.run_name = 'doomed'")
    assert [each.info.status for each in found] == ["FAILED"]
    with start_run("clv", Record()):
        pass


def test_a_projects_run_is_adopted(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = client.create_experiment("project")
    project = client.create_run(elsewhere).info.run_id
    client.log_param(project, "as_of", "")
    client.log_param(project, "config", "c.toml")
    monkeypatch.setenv("MLFLOW_RUN_ID", project)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", elsewhere)
    connect("shop")
    record = Record(params={"as_of": "2025-01-01", "config": "c.toml", "rounds": 5})
    with start_run("clv", record) as run_id:
        inner = log_run("churn", Record())
    assert run_id == project
    assert client.get_run(inner).info.experiment_id == elsewhere
    assert client.get_run(project).info.run_name == "clv"
    assert client.get_run(project).data.params == {
        "as_of": "",
        "as_of.used": "2025-01-01",
        "config": "c.toml",
        "rounds": "5",
    }


def test_connecting_leaves_the_environment_and_can_be_done_again(
    client: Any, var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(var / "mlflow.db", tmp_path)
    before = {name: value for name, value in os.environ.items() if name != "PERENNIAL_VAR"}
    monkeypatch.setenv("PERENNIAL_VAR", str(tmp_path))
    connect("elsewhere")
    with start_run("clv", Record(texts={"a.txt": "a"})) as run_id:
        pass
    assert (tmp_path / "artifacts" / run_id / "artifacts" / "a.txt").is_file()
    after = {name: value for name, value in os.environ.items() if name != "PERENNIAL_VAR"}
    assert {name for name in after if name.startswith("MLFLOW")} == {
        name for name in before if name.startswith("MLFLOW")
    }


def test_the_address_in_the_environment_wins(
    client: Any, var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENNIAL_VAR", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{var}/mlflow.db")
    connect("shop")
    with start_run("clv", Record()) as run_id:
        pass
    assert client.get_run(run_id).info.run_id == run_id
    assert not (tmp_path / "mlflow.db").exists()


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("http://bob:geheim@127.0.0.1:9", "refused"),
        ("postgresql+nodriver://bob:geheim@127.0.0.1/db", "nodriver"),
        ("floppy://bob:geheim@a", "unsupported"),
    ],
)
def test_a_store_that_fails_is_named_without_its_password(
    uri: str, why: str, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(ConnectionError, match=why) as caught:
        connect("shop")
    assert "tracking store " in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_deleted_experiment_is_an_error_that_says_so(client: Any) -> None:
    client.delete_experiment(client.create_experiment("gone"))
    with pytest.raises(ConnectionError, match="deleted experiment 'gone'"):
        connect("gone")


def test_versions_are_champion_then_challenger_and_quiet(
    client: Any,
    trained: tuple[PurchaseBundle, pd.DataFrame, Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    found: list[Registered] = []
    for number in range(3):
        with start_run("clv", Record()):
            found.append(
                register(
                    trained[2],
                    metrics={"gini": 0.7 + number / 100},
                    tags={"currency": "USD"},
                    description="As of 2025",
                )
            )
    assert capfd.readouterr() == ("", "")
    assert [(each.version, each.alias) for each in found] == [
        ("1", "champion"),
        ("2", "challenger"),
        ("3", "challenger"),
    ]
    aliases = client.get_registered_model("clv").aliases
    assert {name: str(version) for name, version in aliases.items()} == {
        "champion": "1",
        "challenger": "3",
    }
    version = client.get_model_version("clv", "3")
    assert (version.run_id, version.description) == (found[2].run_id, "As of 2025")
    assert version.tags == {"metric.gini": "0.72", "currency": "USD"}
    library().artifacts.download_artifacts("models:/clv@champion", dst_path=str(tmp_path))
    assert (
        bundles.load(tmp_path / "bundle").card.model_dump()
        == bundles.load(trained[2]).card.model_dump()
    )


def test_a_version_answers_as_the_bundle_does(
    client: Any, trained: tuple[PurchaseBundle, pd.DataFrame, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    # a reader of a local store compiles the model's code where it lies
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    made, table, folder = trained
    with start_run("clv", Record()):
        registered = register(folder, metrics={}, tags={})
    model = library().pyfunc.load_model(f"models:/clv/{registered.version}")
    asked = table.head(20).reset_index()
    predicted = model.predict(asked, params={"horizon_days": 60, "as_of": "2025-01-01"})
    expected = PurchasePredictor(made).predict(table.head(20), as_of=AS_OF, horizon_days=60)
    pd.testing.assert_frame_equal(
        predicted.set_index("customer_id").drop(columns="warnings"),
        expected.drop(columns="warnings"),
    )
    assert len(model.predict(model.input_example)) == 2
    assert not set(model.input_example["customer_id"]) & set(table.index)


def test_a_folder_that_is_no_bundle_is_not_registered(client: Any, tmp_path: Path) -> None:
    before = len(client.search_model_versions())
    with pytest.raises(bundles.BundleError), start_run("clv", Record()):
        register(tmp_path, metrics={}, tags={})
    assert len(client.search_model_versions()) == before


def test_nothing_is_ever_pickled(
    client: Any, var: Path, trained: tuple[PurchaseBundle, pd.DataFrame, Path]
) -> None:
    with start_run("clv", Record(booster=booster(), example=rows())):
        register(trained[2], metrics={}, tags={})
    files = [each for each in (var / "artifacts").rglob("*") if each.is_file()]
    assert {each.suffix for each in files} <= KEPT
    # Every pickle since protocol 2 begins with this byte.
    assert not [each for each in files if each.read_bytes()[:1] == b"\x80"]
