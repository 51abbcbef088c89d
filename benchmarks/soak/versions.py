"""Versions of a small model with different numbers, registered, and what each must predict."""

from __future__ import annotations

import io
import json
import os
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.bench_serve.processes import ROOT
from features.config.read import read_purchase_config
from features.ingest.transactions import read_transactions
from models import bundle as bundles
from models.purchases.bundle import PurchaseBundle
from serve.__main__ import main as serve
from serve.api.requests import PredictRequest, parse
from serve.handlers.predict import predict, predict_features
from serve.handlers.transactions import read_features
from serve.model.loaded import LoadedModel
from serve.store.database import Database
from serve.store.lookups import lookup

VERSIONS = 4
CUSTOMERS = 12
CONFIG = """
[data]
transactions = "{file}"
[data.columns]
customer_id = "customer_id"
timestamp = "ts"
amount = "amount"
[problem]
horizon_days = 60
snapshots = 3
[churn]
max_rounds = 5
[spend]
max_rounds = 5
"""


@dataclass(frozen=True)
class Case:
    """A request, and what each version must predict for it.

    expected  version -> predictions
    """

    path: str
    body: bytes
    expected: dict[str, Any]


@dataclass(frozen=True)
class Soaked:
    """Registered versions, and requests to ask them.

    tracking_uri  of the registry's database
    lookups       their predictions come in with each batch, see `score`
    """

    tracking_uri: str
    versions: list[str]
    cases: list[Case]
    lookups: list[Case]
    config: Path


def register_all(work: Path) -> Soaked:
    """Train once, and register variants of it whose numbers differ."""
    from train.tracking import runs as tracking
    from train.tracking.registry import register

    os.environ["PERENNIAL_VAR"] = str(work)
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    config, first, customers = _trained(work)
    tracking.connect("soak")
    models = []
    for number in range(1, VERSIONS + 1):
        folder = work / f"version-{number}"
        bundles.save(_variant(first, number), folder)
        with tracking.start_run("clv", tracking.Record()):
            registered = register(folder, metrics={}, tags={})
        models.append(_loaded(folder, registered.version))
    ids = [each["customer_id"] for each in customers]
    return Soaked(
        tracking_uri=f"sqlite:///{work / 'mlflow.db'}",
        versions=[each.version for each in models],
        cases=[case for each in customers for case in _cases(models, first, each)],
        lookups=[Case("/lookup", _json({"customer_ids": [each]}), {}) for each in ids],
        config=config,
    )


def score(soaked: Soaked, version: str, store: str) -> None:
    """Score every customer with a version into the store; look-ups may return that from now on."""
    database = Database(store)
    os.environ["PERENNIAL_MODEL"] = f"models:/clv/{version}"
    try:
        for case in soaked.lookups:  # whichever comes first, the batch or the reply
            case.expected.setdefault(version, None)
        with redirect_stdout(io.StringIO()):
            if serve(["score", "--config", str(soaked.config), "--store", store]):
                raise SystemExit("scoring failed")
        for case in soaked.lookups:
            found = lookup(database, json.loads(case.body)["customer_ids"])
            case.expected[version] = [
                {"customer_id": each.customer_id, "horizon_days": 60, **each.prediction}
                for each in found.scores
            ]
    finally:
        del os.environ["PERENNIAL_MODEL"]
        database.close()


def _trained(work: Path) -> tuple[Path, PurchaseBundle, list[dict[str, Any]]]:
    """A bundle, and customers with their transactions."""
    from train.purchases.fit import fit
    from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask

    path = work / "soak.toml"
    path.write_text(CONFIG.format(file=ROOT / "data" / "cdnow_sample.parquet"))
    config = read_purchase_config(path)
    log = read_transactions(config.data)
    as_of = pd.Timestamp("1998-01-01", tz=log.timezone).to_pydatetime()
    found: PurchaseBundle = fit(
        PurchaseTask(config, PurchaseSnapshots(log), as_of, 60), step=lambda done: None
    ).bundle
    lines = pd.read_parquet(ROOT / "data" / "cdnow_sample.parquet")
    chosen = lines["customer_id"].drop_duplicates().iloc[:: len(lines) // 40][:CUSTOMERS]
    customers = []
    for name in chosen:
        own = lines[lines["customer_id"] == name]
        pairs = zip(own["ts"], own["amount"], strict=True)
        orders = [{"timestamp": str(when), "amount": float(amount)} for when, amount in pairs]
        customers.append({"customer_id": str(name), "transactions": orders})
    return path, found, customers


def _variant(bundle: PurchaseBundle, number: int) -> PurchaseBundle:
    """Each predicts a little more confidently than the one before that customers come back."""
    churn = bundle.card.churn
    moved = churn.model_copy(update={"shift": churn.shift + 0.05 * number})
    return replace(bundle, card=bundle.card.model_copy(update={"churn": moved}))


def _loaded(folder: Path, version: str) -> LoadedModel:
    loaded = bundles.load(folder)
    return LoadedModel(bundle=loaded, name="clv", version=version, run_id=None, source="registry")


def _cases(
    models: list[LoadedModel], bundle: PurchaseBundle, customer: dict[str, Any]
) -> list[Case]:
    raw = {"customers": [customer], "as_of": "1998-01-01", "horizon_days": [30, 365]}
    known = read_features(parse(PredictRequest, _json(raw)), bundle).table()
    table = known.astype(object).where(known.notna(), None)
    rows = [{"customer_id": name, **table.loc[name].to_dict()} for name in table.index]
    bodies = [
        ("/predict", _json(raw), predict),
        ("/predict_features", _json({"rows": rows, "curve": True}), predict_features),
    ]
    return [
        Case(
            path,
            body,
            {each.version: json.loads(predicted(each, body))["predictions"] for each in models},
        )
        for path, body, predicted in bodies
    ]


def _json(content: object) -> bytes:
    return json.dumps(content).encode()
