"""A process that evaluates BG/NBD x Gamma-Gamma of `pymc-marketing`, in its own environment.

By its MAP fit: sampling whole posteriors takes many times as long and moves their means little.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.leaderboard.model_process import Predicted, answer


def prepare(request: dict[str, Any]) -> list[Callable[[], Predicted]]:
    import pymc_marketing.clv  # noqa: F401  what it takes to import is not what it takes to fit

    return [partial(_predict, each, request["horizon_days"]) for each in request["origins"]]


def _predict(origin: dict[str, Any], horizon_days: int) -> Predicted:
    import numpy as np
    import pandas as pd
    from pymc_marketing.clv import BetaGeoModel, GammaGammaModel

    customers = pd.DataFrame(
        {
            "customer_id": np.arange(len(origin["age"])),
            "frequency": np.array(origin["repeats"], dtype=float),
            "recency": np.array(origin["last_repeat"], dtype=float),
            "T": np.array(origin["age"], dtype=float),
            "monetary_value": np.nan_to_num(np.array(origin["value"], dtype=float)),
        }
    )
    purchases, values = BetaGeoModel(), GammaGammaModel()
    purchases.fit(customers, method="map", progressbar=False)
    values.fit(customers[customers["frequency"] > 0], method="map", progressbar=False)
    days = purchases.expected_purchases(data=customers, future_t=horizon_days)
    none = purchases.expected_probability_no_purchase(t=horizon_days, data=customers)
    worth = values.expected_customer_spend(customers)
    return 1.0 - none.to_numpy().ravel(), (days.to_numpy() * worth.to_numpy()).ravel()


if __name__ == "__main__":
    answer(prepare)
