"""A loaded model predicts made-up customers before it predicts anybody else."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from features.config.sections import Economics
from models.subscriptions.bundle import SubscriptionBundle
from serve.handlers.predict import predict, predict_features
from serve.model.loaded import LoadedModel
from serve.model.registry import Refused

CUSTOMERS = ((), (400, 370, 200, 90, 30), (3,), (700, 699, 1))
HORIZONS = (1, 3650)
TENURES = (0, 1, 1000)


def smoke_test(model: LoadedModel) -> None:
    """Predict made-up customers, every option on; what is slow the first time is made on the way.

    Raises Refused when it does not get through.
    """
    card = model.bundle.card
    body: dict[str, Any] = {
        "as_of": card.trained_as_of.isoformat(),
        "horizon_days": sorted({*HORIZONS, card.horizon_days}),
        "economics": Economics(retention_cost_annual=1.0).model_dump(),
        "curve": True,
        "explain": True,
    }
    try:
        if isinstance(model.bundle, SubscriptionBundle):
            body["rows"] = _subscribers(model.bundle)
            reply = predict_features(model, json.dumps(body).encode())
        else:
            body["customers"] = _customers(card.trained_as_of)
            reply = predict(model, json.dumps(body).encode())
        _check(json.loads(reply)["predictions"])
    except Exception as error:
        raise Refused(
            f"{model.name} version {model.version}: refused, it cannot answer made-up customers "
            f"({type(error).__name__}: {error}); train again",
            status=503,
        ) from error


def _customers(as_of: datetime) -> list[dict[str, Any]]:
    return [
        {
            "customer_id": f"smoke test {number}",
            "transactions": [
                {"timestamp": (as_of - timedelta(days=days)).isoformat(), "amount": 10.0 + days}
                for days in ago
            ],
        }
        for number, ago in enumerate(CUSTOMERS)
    ]


def _subscribers(bundle: SubscriptionBundle) -> list[dict[str, Any]]:
    unknown = dict.fromkeys(bundle.names)
    return [
        {
            "customer_id": f"smoke test {months}",
            **unknown,
            "tenure_months": months,
            "monthly_amount": 10,
        }
        for months in TENURES
    ]


def _check(predictions: list[dict[str, Any]]) -> None:
    """Raises ValueError for a prediction that no customer can have."""
    for each in predictions:
        if each["basis"] == "insufficient":
            continue
        sound = 0 < each["p_churn"] < 1 and each["expected_spend"] > 0
        sound = sound and each["clv_low"] <= each["clv_high"]
        if not sound or not all(0 <= month["survival"] <= 1 for month in each["curve"]):
            raise ValueError(f"a prediction that no customer can have, {each['customer_id']}")
