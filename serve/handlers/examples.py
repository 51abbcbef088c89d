"""Requests that can be sent as they stand, for the description of the API."""

from __future__ import annotations

import json
from typing import Any

from features.errors import DataError
from models.purchases.bundle import PurchaseBundle
from serve.api.requests import PredictRequest, parse
from serve.errors import ServeError
from serve.handlers import transactions

REGULAR: dict[str, Any] = {
    "customer_id": "regular",
    "transactions": [
        {"timestamp": "2011-07-04T10:15:00Z", "amount": 310.4, "order_id": "o1"},
        {"timestamp": "2011-08-19T14:02:00Z", "amount": 287.95, "order_id": "o2"},
        {"timestamp": "2011-10-03T09:40:00Z", "amount": 402.1, "order_id": "o3"},
        {"timestamp": "2011-10-05T11:20:00Z", "amount": -24.0, "order_id": "r1"},
        {"timestamp": "2011-11-17T13:31:00Z", "amount": 366.75, "order_id": "o4"},
    ],
}
ONCE: dict[str, Any] = {
    "customer_id": "once, in spring",
    "transactions": [{"timestamp": "2011-03-21T12:05:00Z", "amount": 154.2, "order_id": "o5"}],
}
PLAIN: dict[str, Any] = {
    "customers": [REGULAR, ONCE],
    "as_of": "2011-12-10",
    "horizon_days": 90,
}
PREDICT: dict[str, Any] = {
    "plain": {"summary": "Two customers, 90 days", "value": PLAIN},
    "everything": {
        "summary": "Several horizons, other economics, curve and drivers",
        "value": {
            **PLAIN,
            "horizon_days": [30, 90, 365],
            "economics": {
                "margin": 0.4,
                "discount_rate_annual": 0.08,
                "acquisition_cost": 12.0,
                "retention_cost_annual": 6.0,
            },
            "curve": True,
            "explain": True,
        },
    },
}
LOOKUP: dict[str, Any] = {
    "stored": {
        "summary": "The numbers of the last batch",
        "value": {"customer_ids": ["18102", "14646"]},
    },
    "what if": {
        "summary": "What the model predicts now, for a year and another margin",
        "value": {
            "customer_ids": ["18102"],
            "horizon_days": 365,
            "economics": {"margin": 0.4},
        },
    },
}


def of_bodies(bundle: object) -> dict[str, dict[str, Any]]:
    """Endpoint's name -> examples of its body; those of feature rows are made for the model."""
    return {"predict": PREDICT, "predict_features": rows(bundle), "lookup": LOOKUP}


def rows(bundle: object) -> dict[str, Any]:
    """Rows with every feature that this model reads, of the customers of `PREDICT`.

    Empty for a model that reads other things than purchases, or admits none such as these.
    """
    if not isinstance(bundle, PurchaseBundle):
        return {}
    try:
        request = parse(PredictRequest, json.dumps(PLAIN).encode())
        table = transactions.read_features(request, bundle).table()
    except (DataError, ServeError):
        return {}
    named = [
        {"customer_id": name, **{column: _plain(value) for column, value in row.items()}}
        for name, row in table.iterrows()
    ]
    value = {"rows": named, "as_of": PLAIN["as_of"], "horizon_days": PLAIN["horizon_days"]}
    return {"plain": {"summary": "The same customers by their features", "value": value}}


def _plain(value: Any) -> float | str | None:
    """subtle: what is not equal to itself is unknown."""
    if value is None or value != value:
        return None
    return value if isinstance(value, str) else round(float(value), 6)
