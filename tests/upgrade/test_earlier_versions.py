"""What earlier versions wrote is read, and predicts the same to the last bit."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.checkout import Checkout, ask
from models.bundle import BundleError, load
from serve.__main__ import main as serve
from serve.errors import ServeError
from serve.store.database import Database
from serve.store.lookups import lookup
from train.estimator import CustomerValue
from train.estimator.health_warning import HealthWarning
from train.report.facts.purchase_holdout import PurchaseSummary
from train.report.facts.subscription_holdout import SubscriptionSummary
from train.tracking.mlflow_library import library

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDERS = sorted(each.parent for each in HERE.glob("*/*/exchanges.json"))
UPGRADING = (ROOT / "docs" / "upgrading.md").read_text(encoding="utf-8")
EVALUATIONS = {"purchases": PurchaseSummary, "subscriptions": SubscriptionSummary}
NUMBERS = ["p_churn", "expected_spend", "expected_revenue", "clv", "clv_low", "clv_high"]
TOTALS = ["clv_historic", "clv_total", "clv_net"]


@dataclass(frozen=True)
class Earlier:
    """What a version wrote of one kind of customers; `var` is a copy of the state that it left."""

    folder: Path
    var: Path

    @property
    def exchanges(self) -> list[dict[str, Any]]:
        """Requests, and the replies of that version."""
        found: list[dict[str, Any]] = json.loads((self.folder / "exchanges.json").read_text())
        return found

    @property
    def store(self) -> str:
        """The address of the score store."""
        return f"sqlite:///{self.var / 'scores.db'}"

    def scoring(self, folder: Path) -> list[str]:
        """The command that scores the same customers into the store, by the same model."""
        [bundle] = (self.var / "last_good").glob("bundle-*")
        origin = {"name": "clv", "version": "1", "run_id": None}
        (bundle / "origin.json").write_text(json.dumps(origin))
        text = (self.folder / "config.toml").read_text()
        config = folder / "config.toml"
        config.write_text(text.format(file=self.folder / "customers.parquet"))
        model = ["--model", str(bundle), "--store", self.store]
        return ["score", "--config", str(config), *model]


@pytest.fixture(params=FOLDERS, ids=lambda folder: f"{folder.parent.name} {folder.name}")
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Earlier:
    folder, var = request.param, tmp_path / "var"
    pointer = json.loads((folder / "current.json").read_text())
    shutil.copytree(folder / "model" / "bundle", var / "last_good" / pointer["folder"])
    shutil.copy(folder / "current.json", var / "last_good")
    shutil.copy(folder / "scores.db", var)
    return Earlier(folder, var)


@pytest.fixture
def service(earlier: Earlier) -> Iterator[str]:
    """Today's service, where an earlier one has stopped and the registry cannot be reached."""
    with Checkout(ROOT, earlier.var).service() as address:
        yield address


def test_there_is_something_to_read() -> None:
    assert {each.name for each in FOLDERS} == {*EVALUATIONS}


def test_every_request_gets_the_reply_that_it_got(earlier: Earlier, service: str) -> None:
    """From the last good model and the score store as they were left; equal to the last bit."""
    for each in earlier.exchanges:
        status, reply = ask(service + each["path"], each["body"])
        assert (each["path"], status) == (each["path"], each["status"]), reply
        assert json.loads(reply) == each["reply"], each["path"]


def test_a_registered_model_is_loaded_by_mlflow_and_predicts_the_same(earlier: Earlier) -> None:
    """With the code that was registered beside it, which imports from this checkout."""
    exchange = next(each for each in earlier.exchanges if each["path"] == "/predict_features")
    rows = exchange["body"]["rows"]
    was = pd.DataFrame(exchange["reply"]["predictions"])
    horizon_days = int(was["horizon_days"].max())
    was = was[was["horizon_days"] == horizon_days].set_index("customer_id")
    model = library().pyfunc.load_model(str(earlier.folder / "model"))
    inputs = model.metadata.get_input_schema()
    kinds = {each.name: "str" if each.type.name == "string" else "float64" for each in inputs}
    table = pd.DataFrame(rows)[list(kinds)].astype(kinds)
    now = model.predict(table, params={"horizon_days": horizon_days}).set_index("customer_id")
    for name in (*NUMBERS, *TOTALS):
        assert now[name].astype(float).tolist() == was[name].astype(float).tolist(), name


def test_scoring_the_same_again_finds_nothing_to_write(
    earlier: Earlier, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A batch is known by the hash of its origin and of all of its values."""
    assert serve(earlier.scoring(tmp_path)) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["store"]["unchanged"] is True


def test_an_estimator_reads_refunds_as_the_batch_does(
    earlier: Earlier, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For a model that has learnt from refunds that stand alone."""
    if earlier.folder.name != "purchases":
        pytest.skip("subscribers have no refunds")
    [bundle] = (earlier.var / "last_good").glob("bundle-*")
    command = earlier.scoring(tmp_path)[:-2]
    log = pd.read_parquet(earlier.folder / "customers.parquet")
    last = log.groupby("customer").tail(1)
    later = last["at"] + pd.Timedelta(hours=30)
    log = pd.concat([log, last.assign(amount=-last["amount"], at=later)], ignore_index=True)
    log.to_parquet(tmp_path / "log.parquet")
    text = (earlier.folder / "config.toml").read_text().format(file=tmp_path / "log.parquet")
    (tmp_path / "config.toml").write_text(text)
    assert serve([*command, "--out", str(tmp_path / "scores.parquet")]) == 0
    batch = pd.read_parquet(tmp_path / "scores.parquet").set_index("customer_id")
    as_of = batch["as_of"].iloc[0]
    model = CustomerValue.load(bundle)
    with pytest.warns(HealthWarning, match="before the model's own"):
        found = model.predict(log, as_of=as_of).set_index("customer_id")
    assert len(found) == len(batch) > 0
    assert found["p_churn"].tolist() == batch["p_churn"].tolist()


def test_the_evaluation_that_a_run_holds_is_read_by_reports(earlier: Earlier) -> None:
    text = (earlier.folder / "judged.json").read_text()
    seen = EVALUATIONS[earlier.folder.name].model_validate_json(text)
    assert seen.model_dump(mode="json") == json.loads(text)


def test_a_card_of_another_format_is_refused_in_a_sentence(
    earlier: Earlier, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(earlier.folder / "model" / "bundle", bundle)
    card = bundle / "card.json"
    card.write_text(card.read_text().replace('"format_version": 1', '"format_version": 2'))
    with pytest.raises(BundleError) as refused:
        load(bundle)
    assert str(refused.value) == (f"{card}: format_version is 2, this version reads 1; train again")


def test_a_store_of_another_schema_is_refused_in_a_sentence(
    earlier: Earlier, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By whoever reads it, and by scoring, which writes nothing."""
    with closing(sqlite3.connect(earlier.var / "scores.db")) as store, store:
        store.execute("UPDATE store_meta SET value = '2' WHERE name = 'schema_version'")
    written = (
        "the store's tables are of version 2, this Perennial reads 1; use the Perennial that wrote "
        "it, or another store"
    )
    assert f"    {written}\n" in UPGRADING
    with pytest.raises(ServeError) as refused:
        lookup(Database(earlier.store), ["anybody"])
    assert str(refused.value) == f"{earlier.store}: {written}"

    before = (earlier.var / "scores.db").read_bytes()
    assert serve(earlier.scoring(tmp_path)) == 2
    assert written in capsys.readouterr().err
    assert (earlier.var / "scores.db").read_bytes() == before
