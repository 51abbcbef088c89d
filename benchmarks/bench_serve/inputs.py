"""The inputs of the benchmark: a model, the champion or a small one, and requests to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench_serve.load import request
from benchmarks.bench_serve.processes import ROOT
from models import bundle as bundles
from models.purchases.bundle import PurchaseBundle
from serve.api.requests import PredictRequest, parse
from serve.errors import ServeError
from serve.handlers.transactions import read_features
from serve.model.live import load
from serve.settings import Settings, read_settings

ORDERS = 20
DIFFERENT = 64
MANY = 10_000
SPAN_DAYS = 600
SMALL = "configs/cdnow.toml"


@dataclass(frozen=True)
class BenchmarkInputs:
    """A model and the requests that it is measured with.

    settings   of the registry that holds it
    folder     the bundle as files
    raw        bodies of /predict, one customer each
    rows       bodies of /predict_features, one customer each
    many       one body of /predict_features with MANY customers
    matrices   bodies for MLflow's scoring server, one row each
    """

    settings: Settings
    version: str
    bundle: PurchaseBundle
    folder: Path
    raw: list[bytes]
    rows: list[bytes]
    many: list[bytes]
    matrices: list[bytes]


def benchmark_inputs(work: Path) -> BenchmarkInputs:
    """The champion of the registry, or a model of the CDNOW data trained into `work`."""
    settings = read_settings()
    try:
        model = load(settings)
    except ServeError as error:
        sys.stderr.write(f"{error}; a small model is trained for the measurement instead\n")
        settings = _trained(work)
        model = load(settings)
    bundle = model.bundle
    if not isinstance(bundle, PurchaseBundle):
        raise SystemExit("the measurement is of a model of purchases, and the champion is not one")
    bundles.save(bundle, work / "bundle")
    one_each = [_customers(bundle, [number]) for number in range(DIFFERENT)]
    single = [_rows(bundle, each) for each in one_each]
    everybody = _rows(bundle, _customers(bundle, range(MANY)))
    return BenchmarkInputs(
        settings=settings,
        version=model.version,
        bundle=bundle,
        folder=work / "bundle",
        raw=[request("/predict", _json(each)) for each in one_each],
        rows=[request("/predict_features", _json({"rows": each})) for each in single],
        many=[request("/predict_features", _json({"rows": everybody}))],
        matrices=[request("/invocations", _json(_split(bundle, each))) for each in single],
    )


def _trained(work: Path) -> Settings:
    environment = {**os.environ, "PERENNIAL_VAR": str(work / "var"), "MLFLOW_TRACKING_URI": ""}
    command = [sys.executable, "-m", "train", "--config", SMALL]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return read_settings({"PERENNIAL_VAR": str(work / "var")})


def _customers(bundle: PurchaseBundle, numbers: Any) -> dict[str, Any]:
    """A body of /predict: customers with ORDERS orders each, of amounts that the model knows."""
    card = bundle.card
    usual = next(each for each in card.features if each.name == "day_value_mean")
    middle = float(np.sqrt((usual.lowest or 1.0) * (usual.highest or 100.0)))
    customers = []
    for number in numbers:
        rng = np.random.default_rng(number)
        days = np.sort(rng.uniform(1, SPAN_DAYS, ORDERS))[::-1]
        amounts = middle * rng.lognormal(0.0, 0.5, ORDERS)
        lines = [
            {
                "timestamp": (card.trained_as_of - timedelta(days=float(ago))).isoformat(),
                "amount": round(float(amount), 2),
                "order_id": f"o{place}",
            }
            for place, (ago, amount) in enumerate(zip(days, amounts, strict=True))
        ]
        customers.append({"customer_id": f"c{number}", "transactions": lines})
    return {"customers": customers, "as_of": card.trained_as_of.isoformat()}


def _rows(bundle: PurchaseBundle, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The same customers as rows of the feature table."""
    table = read_features(parse(PredictRequest, _json(body)), bundle).table()
    cells = table.astype(object).where(table.notna(), None)
    pairs = zip(cells.index.tolist(), cells.to_numpy().tolist(), strict=True)
    names = [str(each) for each in cells]
    return [{"customer_id": name, **dict(zip(names, row, strict=True))} for name, row in pairs]


def _split(bundle: PurchaseBundle, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows as MLflow's scoring server reads them; text as its number, as the booster has it."""
    levels = bundle.card.levels
    codes = {name: {text: place for place, text in enumerate(levels[name])} for name in levels}
    data = [
        [codes[name].get(row[name]) if name in codes else row[name] for name in bundle.names]
        for row in rows
    ]
    return {"dataframe_split": {"columns": list(bundle.names), "data": data}}


def _json(content: object) -> bytes:
    return json.dumps(content).encode()
