"""Requests, and what the reply of each version must be."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.soak.bundles import AS_OF
from features.dataset import as_of_or_end, features_as_of, read_dataset
from models.purchases.bundle import PurchaseBundle
from serve.api.requests import PredictRequest, parse
from serve.errors import ServeError
from serve.handlers.predict import predict, predict_features
from serve.handlers.transactions import read_features
from serve.model.loaded import LoadedModel

TOLERANCE = 1e-9
CUSTOMERS = 12
HANDLERS = {"/predict": predict, "/predict_features": predict_features}


@dataclass(frozen=True)
class Case:
    """A request, and what each version must say to it.

    expected  version -> what its reply must hold, or the status with which it refuses the request;
              None: not known yet
    """

    path: str
    body: bytes
    expected: dict[str, Any]

    def refusals(self) -> dict[str, int]:
        """Version -> status, of those that this request is not for."""
        return {name: each for name, each in self.expected.items() if isinstance(each, int)}

    def fits(self, version: str, reply: dict[str, Any]) -> bool:
        """Whether this is what the version that the reply names must have said, and no other."""
        expected = self.expected.get(version, "another version")
        if expected is None:
            return True
        if not isinstance(expected, dict):
            return False
        return same({name: reply.get(name) for name in expected}, expected)


def purchase_cases(
    models: Sequence[LoadedModel], bundle: PurchaseBundle, log: Path, *, customers: int = CUSTOMERS
) -> list[Case]:
    """Transactions of some customers of a log, and their rows as this bundle reads them."""
    lines = pd.read_parquet(log)
    found = []
    for name in lines["customer_id"].drop_duplicates().iloc[:: len(lines) // 40][:customers]:
        own = lines[lines["customer_id"] == name]
        customer = {"customer_id": str(name), "transactions": _transactions(own)}
        raw = {"customers": [customer], "as_of": AS_OF, "horizon_days": [30, 365]}
        known = read_features(parse(PredictRequest, to_json(raw)), bundle).table()
        found.append(_case(models, "/predict", raw))
        found.append(_case(models, "/predict_features", {"rows": _rows(known), "curve": True}))
        # whatever horizon, currency and as_of the model itself has
        found.append(_case(models, "/predict_features", {"rows": _rows(known)}))
    return found


def subscriber_cases(models: Sequence[LoadedModel], config: Any) -> list[Case]:
    """Rows of some subscribers."""
    dataset = read_dataset(config)
    table = features_as_of(dataset, as_of_or_end(None, dataset), optional=None)
    rows = _rows(table.iloc[:CUSTOMERS])
    return [_case(models, "/predict_features", {"rows": [each]}) for each in rows]


def _transactions(lines: pd.DataFrame) -> list[dict[str, Any]]:
    named = lines.rename(columns={"ts": "timestamp", "shelf": "category"})
    names = [each for each in ("timestamp", "amount", "category") if each in named]
    return [
        {str(name): str(each) if name == "timestamp" else each for name, each in row.items()}
        for row in named[names].to_dict("records")
    ]


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain = table.astype(object).where(table.notna(), None)
    return [{"customer_id": str(name), **plain.loc[name].to_dict()} for name in plain.index]


def _case(models: Sequence[LoadedModel], path: str, content: object) -> Case:
    body = to_json(content)
    return Case(path, body, {each.version: _expected(each, path, body) for each in models})


def _expected(model: LoadedModel, path: str, body: bytes) -> Any:
    try:
        reply: dict[str, Any] = json.loads(HANDLERS[path](model, body))
    except ServeError as error:
        return error.status
    return reply


def to_json(content: object) -> bytes:
    """As it is sent."""
    return json.dumps(content).encode()


def same(found: Any, expected: Any) -> bool:
    """Whether two replies agree, numbers to within TOLERANCE of their size."""
    if isinstance(found, bool) or isinstance(expected, bool) or expected is None:
        return found is expected
    if isinstance(expected, int | float):
        return isinstance(found, int | float) and math.isclose(
            found, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE
        )
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(same(found[name], expected[name]) for name in expected)
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(map(same, found, expected))
        )
    return bool(found == expected)
