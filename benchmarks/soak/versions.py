"""Versions of a small model, registered, and the requests to ask them with."""

from __future__ import annotations

import io
import json
import os
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.bench_serve.processes import ROOT
from benchmarks.soak import bundles as made
from benchmarks.soak.cases import Case, purchase_cases, subscriber_cases, to_json
from features.config.read import read_subscription_config
from models import bundle as bundles
from serve.__main__ import main as serve
from serve.model.loaded import LoadedModel
from serve.store.database import Database
from serve.store.lookups import lookup

VERSIONS = 4
HUGE_BYTES = 300_000_000


@dataclass(frozen=True)
class Soaked:
    """Registered versions, and requests to ask them.

    tracking_uri   of the registry's database
    versions       differ in their numbers only
    other_kinds    what is different about a version -> which one it is
    refused        what is wrong with a version -> which one it is
    cases          of customers who purchase
    lookups        their predictions come in with each batch, see `score`
    other_cases    rows and transactions that only versions of another kind read
    """

    tracking_uri: str
    versions: list[str]
    other_kinds: dict[str, str]
    refused: dict[str, str]
    cases: list[Case]
    lookups: list[Case]
    other_cases: list[Case]
    config: Path


def register_all(work: Path) -> Soaked:
    """Train a few times, and register variants of it."""
    from train.tracking import runs as tracking

    os.environ["PERENNIAL_VAR"] = str(work)
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    config, log = work / "soak.toml", ROOT / "data" / "cdnow_sample.parquet"
    first = made.purchases(config, log)
    shelves = made.with_shelves(log, work)
    wider = made.purchases(work / "shelves.toml", shelves, 'category = "shelf"')
    contract = made.subscriptions(work / "telco.toml")
    tracking.connect("soak")
    models = [_registered(work, made.shifted(first, number)) for number in range(1, VERSIONS + 1)]
    others = {
        "currency": _registered(work, made.with_card(first, currency="EUR")),
        "horizon": _registered(work, made.with_card(first, horizon_days=90)),
        "features": _registered(work, wider),
        "relationship": _registered(work, contract),
    }
    known = [*models, *others.values()]
    cases = purchase_cases(known, first, log)
    ids = dict.fromkeys(
        each["customer_id"]
        for case in cases
        if case.path == "/predict"
        for each in json.loads(case.body)["customers"]
    )
    tracking_uri = f"sqlite:///{work / 'mlflow.db'}"
    return Soaked(
        tracking_uri=tracking_uri,
        versions=[each.version for each in models],
        other_kinds={name: each.version for name, each in others.items()},
        refused=_register_spoiled(work, made.shifted(first, 0), tracking_uri),
        cases=cases,
        lookups=[Case("/lookup", to_json({"customer_ids": [each]}), {}) for each in ids],
        other_cases=[
            *purchase_cases(known, wider, shelves, customers=3),
            *subscriber_cases(known, read_subscription_config(work / "telco.toml")),
        ],
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
            rows = [
                {"customer_id": each.customer_id, "horizon_days": 60, **each.prediction}
                for each in found.scores
            ]
            case.expected[version] = {"currency": "USD", "horizon_days": 60, "predictions": rows}
    finally:
        del os.environ["PERENNIAL_MODEL"]
        database.close()


def _registered(work: Path, bundle: bundles.Bundle) -> LoadedModel:
    from train.tracking import runs as tracking
    from train.tracking.registry import register

    folder = work / f"bundle-{len([*work.glob('bundle-*')])}"
    bundles.save(bundle, folder)
    with tracking.start_run("clv", tracking.Record()):
        version = register(folder, metrics={}, tags={}).version
    return LoadedModel(
        bundle=bundles.load(folder), name="clv", version=version, run_id=None, source="registry"
    )


def _register_spoiled(work: Path, bundle: bundles.Bundle, tracking_uri: str) -> dict[str, str]:
    """Versions that were sound when they were registered, and were spoiled where they lie."""
    from mlflow import MlflowClient

    def card_of_the_future(folder: Path) -> None:
        card = json.loads((folder / bundles.CARD).read_text())
        (folder / bundles.CARD).write_text(json.dumps({**card, "format_version": 999}))

    def half_a_card(folder: Path) -> None:
        os.truncate(folder / bundles.CARD, 1000)

    def huge_trees(folder: Path) -> None:
        os.truncate(max(folder.iterdir(), key=lambda each: each.stat().st_size), HUGE_BYTES)

    client, found = MlflowClient(tracking_uri, tracking_uri), {}
    for spoil in (card_of_the_future, half_a_card, huge_trees):
        version = _registered(work, bundle).version
        place = urlsplit(client.get_model_version_download_uri("clv", version)).path
        [card] = Path(place).rglob(bundles.CARD)
        spoil(card.parent)
        found[spoil.__name__.replace("_", " ")] = version
    return found
