"""A slice of the Telco table: trained, scored, stored, and asked for over the API."""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from features.__main__ import main as features
from models.customer_values import VALUE_COLUMNS
from models.subscriptions.bundle import SubscriptionBundle
from serve.__main__ import main as serve
from serve.api.responses import ModelReply, PredictReply
from serve.errors import ServeError
from serve.handlers.lookup import lookup_customer
from serve.handlers.model_info import describe_model
from serve.handlers.predict import predict, predict_features
from serve.handlers.smoke_test import smoke_test
from serve.model.live import load
from serve.model.loaded import LoadedModel
from serve.settings import read_settings
from serve.store.database import Database
from train.__main__ import main as train

ROOT = Path(__file__).resolve().parent.parent.parent
EVERY = 8


class Shown(NamedTuple):
    """What the commands left: their results, the files, and the model as the service has it."""

    config: Path
    folder: Path
    trained: dict[str, Any]
    scored: dict[str, Any]
    scores: pd.DataFrame
    table: pd.DataFrame
    model: LoadedModel
    run: Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def run(
    tracking_database: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """A command in this process, on a local state of its own; logging is left as it was."""
    folder = tracking_database(tmp_path_factory.mktemp("var"))
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def call(command: Callable[[list[str]], int], *argv: object) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = command([str(each) for each in argv])
        finally:
            root.handlers[:], root.level = handlers, level
        return code, out.getvalue(), err.getvalue()

    # threads that wait for each other make small fits ten times slower
    with threadpool_limits(1), pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERENNIAL_VAR", str(folder))
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "PERENNIAL_MODEL"):
            patch.delenv(name, raising=False)
        yield call


@pytest.fixture(scope="module")
def shown(run: Callable[..., tuple[int, str, str]], tmp_path_factory: Any) -> Shown:
    folder: Path = tmp_path_factory.mktemp("telco")
    pd.read_parquet(ROOT / "data/telco.parquet").iloc[::EVERY].to_parquet(folder / "some.parquet")
    text = (ROOT / "configs/telco.toml").read_text(encoding="utf-8")
    text = text.replace("data/telco.parquet", str(folder / "some.parquet"))
    config = folder / "telco.toml"
    config.write_text(f"{text}\n[churn]\nmax_rounds = 10\nlearning_rate = 0.3\n")
    code, out, err = run(train, "--config", config)
    assert code == 0, err
    trained = json.loads(out)
    store = f"sqlite:///{folder / 'scores.db'}"
    code, out, err = run(
        serve,
        *("score", "--config", config, "--store", store, "--out", folder / "scores.parquet"),
        *("--features-out", folder / "features.parquet"),
    )
    assert code == 0, err
    assert "clv of the whole remaining life" in err
    return Shown(
        config=config,
        folder=folder,
        trained=trained,
        scored=json.loads(out),
        scores=pd.read_parquet(folder / "scores.parquet").set_index("customer_id"),
        table=pd.read_parquet(folder / "features.parquet").drop(columns="as_of"),
        model=load(read_settings()),
        run=run,
    )


def rows(shown: Shown, number: int = 40) -> list[dict[str, Any]]:
    return shown.table.iloc[:: len(shown.table) // number].to_dict("records")


def asked(shown: Shown, **body: Any) -> list[dict[str, Any]]:
    """Predictions as they are sent; the reply is what the API says that it is."""
    reply = predict_features(shown.model, json.dumps(body).encode())
    PredictReply.model_validate_json(reply)
    found: list[dict[str, Any]] = json.loads(reply)["predictions"]
    return found


def test_training_is_evaluated_and_registered(shown: Shown) -> None:
    assert shown.trained["alias"] == "champion"
    assert shown.trained["relationship"] == "contract"
    metrics = shown.trained["metrics"]
    assert metrics["churn_month_log_loss"] < metrics["churn_month_prior_log_loss"]
    assert metrics["churn_month_auc"] > 0.8


def test_the_api_predicts_what_the_batch_predicted(shown: Shown) -> None:
    found = asked(shown, rows=rows(shown))
    for each in found:
        batch = shown.scores.loc[each["customer_id"]]
        assert each["basis"] == "model"
        assert each["tier"] == batch["tier"]
        assert each["segment"] is None
        for name in VALUE_COLUMNS:
            assert each[name] == pytest.approx(batch[name], rel=1e-9)
    single = asked(shown, rows=rows(shown)[:1])
    assert single == found[:1]


def test_the_store_gives_the_same_and_predicts_other_horizons(shown: Shown) -> None:
    database = Database(f"sqlite:///{shown.folder / 'scores.db'}")
    row = rows(shown)[3]
    stored = json.loads(lookup_customer(shown.model, database, row["customer_id"], ""))[
        "predictions"
    ][0]
    (fresh,) = asked(shown, rows=[row])
    assert all(stored[name] == fresh[name] for name in (*VALUE_COLUMNS, "tier"))
    asked_again = json.loads(
        lookup_customer(shown.model, database, row["customer_id"], "horizon_days=30&margin=0.5")
    )["predictions"][0]
    assert asked_again["clv"] == pytest.approx(fresh["clv"] / 2)
    assert asked_again["p_churn"] < fresh["p_churn"]
    database.close()


def test_the_curve_and_what_comes_after_it_are_the_value(shown: Shown) -> None:
    terms = {"retention_cost_annual": 12.0, "margin": 0.6}
    found = asked(shown, rows=rows(shown), horizon_days=[30, 400], curve=True, economics=terms)
    for each in found:
        inside = sum(month["discounted_value"] for month in each["curve"])
        assert inside + each["clv_after_horizon"] == pytest.approx(each["clv"], rel=1e-9)
        revenue = sum(month["expected_revenue"] for month in each["curve"])
        assert revenue == pytest.approx(each["expected_revenue"], rel=1e-9)
        assert each["curve"][-1]["survival"] == pytest.approx(1 - each["p_churn"], rel=1e-9)
        assert "next_order_date" not in each


def test_a_prediction_is_explained(shown: Shown) -> None:
    found = asked(shown, rows=rows(shown), explain=True)
    words = [each["words"] for part in found for each in part["explanation"]["drivers"]]
    assert any(each.startswith("contract: Two year; raises expected revenue") for each in words)


def test_the_model_says_whom_it_knows(shown: Shown) -> None:
    info = describe_model(shown.model, None)
    assert isinstance(info, ModelReply)
    assert info.relationship == "contract"
    units = {each.name: each.unit for each in info.features}
    assert units["contract"] == "text"
    assert units["tenure_months"] == "months"
    assert isinstance(shown.model.bundle, SubscriptionBundle)
    smoke_test(shown.model)


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"tenure_months": -1.0}, "rows[0].tenure_months", "must be a whole number, at least 0"),
        ({"tenure_months": 1.5}, "rows[0].tenure_months", "must be a whole number, at least 0"),
        ({"monthly_amount": -1}, "rows[0].monthly_amount", "must be at least 0, got -1"),
        ({"contract": 3}, "rows[0].contract", "must be a text or null, got 3"),
        ({"recency_days": 3}, "rows[0]", "holds unknown features: recency_days"),
    ],
)
def test_rows_that_nobody_can_have_are_refused(
    shown: Shown, change: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(ServeError) as caught:
        asked(shown, rows=[rows(shown)[0] | change])
    assert caught.value.field == field
    assert sentence in str(caught.value)


def test_transactions_are_refused_with_the_right_endpoint(shown: Shown) -> None:
    body = {"customers": [{"customer_id": "a", "transactions": []}]}
    with pytest.raises(
        ServeError, match=r"is of subscriptions, not of transactions: .*/predict_features"
    ):
        predict(shown.model, json.dumps(body).encode())


def test_a_value_without_an_end_is_refused(shown: Shown) -> None:
    card = shown.model.bundle.card
    prior = card.prior.model_copy(update={"alpha": 0.001, "floor": -12.0})  # type: ignore[union-attr]
    loyal = SubscriptionBundle(card.model_copy(update={"prior": prior}), shown.model.bundle.churn)  # type: ignore[arg-type]
    model = LoadedModel(bundle=loyal, name="clv", version="1", run_id=None, source="folder")
    body = {"rows": rows(shown)[:1], "economics": {"discount_rate_annual": 0.0}}
    with pytest.raises(ServeError, match="more than a century: give a higher rate") as caught:
        predict_features(model, json.dumps(body).encode())
    assert caught.value.field == "economics.discount_rate_annual"


def test_a_model_of_contracts_does_not_score_transactions(shown: Shown) -> None:
    out = shown.folder / "x.parquet"
    code, _, err = shown.run(serve, "score", "--config", ROOT / "configs/cdnow.toml", "--out", out)
    assert code == 2
    assert "problem.relationship is purchases, but the model has learnt from contract" in err
    assert not out.exists()


def test_the_feature_table_of_the_command_is_that_of_the_scores(shown: Shown) -> None:
    out = shown.folder / "built.parquet"
    code, printed, err = shown.run(features, "build", "--config", shown.config, "--out", out)
    assert code == 0, err
    built = pd.read_parquet(out)
    assert json.loads(printed)["rows"] == len(built) == len(shown.scores)
    pd.testing.assert_frame_equal(built.drop(columns="as_of"), shown.table)
    code, _, err = shown.run(features, "labels", "--config", shown.config, "--out", out)
    assert code == 2
    assert "so it has no labels" in err.splitlines()[-1]


def test_attributes_that_the_model_reads_must_be_there(shown: Shown) -> None:
    text = shown.config.read_text().replace('"contract", "payment_method", ', "")
    other = shown.folder / "other.toml"
    other.write_text(text)
    code, _, err = shown.run(serve, "score", "--config", other, "--out", shown.folder / "x.parquet")
    assert code == 2
    assert "the model reads contract, payment_method, which data.attributes does not name" in err
