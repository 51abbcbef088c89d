"""Metrics of several models on the same resamples of customers, and how far they differ."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.metrics import CHURN, VALUE, bootstrapped, paired_difference
from train.purchases.baselines import Predictions

Array = NDArray[np.float64]
Resampled = dict[str, Array]
Difference = dict[str, float]


def resampled_metrics(
    actual: pd.DataFrame, predicted: Predictions, *, draws: int, seed: int
) -> Resampled:
    """Each metric by name: over all customers, then over so many resamples of them.

    actual  churned and revenue_future, what happened, in the order of the predictions
    """
    churned, revenue = truth(actual)
    of_value = {
        name: bootstrapped(revenue, predicted.expected_revenue, metric, draws=draws, seed=seed)
        for name, metric in VALUE.items()
    }
    p_churn = 1.0 - predicted.p_order
    of_churn = {
        name: bootstrapped(churned, p_churn, metric, draws=draws, seed=seed)
        for name, metric in CHURN.items()
    }
    return of_value | of_churn


def absolute(resampled: Resampled) -> Resampled:
    """The same with the size of the bias: of two errors of the total the smaller is better."""
    return resampled | {"bias": np.abs(resampled["bias"])}


def differences(
    resampled: Mapping[str, Resampled], reference: str
) -> dict[str, dict[str, Difference]]:
    """By model and metric: the model's minus that of the reference, with a 95 % interval."""
    return {
        model: {
            name: dict(
                zip(
                    ("difference", "low", "high"),
                    paired_difference(found[name], resampled[reference][name]),
                    strict=True,
                )
            )
            for name in found
        }
        for model, found in resampled.items()
        if model != reference
    }


def truth(actual: pd.DataFrame) -> tuple[Array, Array]:
    """What happened to each customer: churned (0 or 1), and the revenue of the horizon, money."""
    return (
        actual["churned"].to_numpy(dtype=float),
        actual["revenue_future"].to_numpy(dtype=float),
    )
