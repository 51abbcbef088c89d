"""What a prediction rests on, and what its reader should know."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.card import Card

NEEDED = ("repeat_days", "last_repeat_days", "age_days", "day_value_mean")
YOUNG_DAYS = 30


def judge(card: Card, table: pd.DataFrame, horizon_days: int) -> pd.DataFrame:
    """Feature table -> `basis` (model, prior or insufficient) and `warnings` (list of sentences).

    insufficient  a sufficient statistic of the probability model is unknown: no numbers
    prior         the bundle has no trees: the numbers are the probability model's
    model         the probability model, corrected by trees
    """
    insufficient = table[list(NEEDED)].isna().any(axis=1).to_numpy()
    learnt = card.churn.rounds + card.spend.rounds > 0
    basis = np.where(insufficient, "insufficient", "model" if learnt else "prior")
    warnings: list[list[str]] = [[] for _ in range(len(table))]
    for flags, sentence in _findings(card, table, horizon_days, insufficient):
        for row in np.flatnonzero(flags):
            warnings[row].append(sentence)
    return pd.DataFrame({"basis": basis, "warnings": warnings}, index=table.index)


def _findings(
    card: Card, table: pd.DataFrame, horizon_days: int, insufficient: np.ndarray
) -> list[tuple[np.ndarray, str]]:
    """Flags over the rows, and what they mean."""
    everyone = np.ones(len(table), dtype=bool)
    found = [
        (insufficient, "no purchase before as_of is known, so nothing can be predicted"),
        ((table["repeat_days"] == 0).to_numpy(), "only one purchase day so far"),
        ((table["age_days"] < YOUNG_DAYS).to_numpy(), f"customer for less than {YOUNG_DAYS} days"),
        (_refunds_exceed(table), "refunds exceed purchases"),
    ]
    for feature in card.features:
        if feature.lowest is not None and feature.highest is not None:
            values = table[feature.name].to_numpy(dtype=float, na_value=np.nan)
            outside = (values < feature.lowest) | (values > feature.highest)
            found.append((outside & ~insufficient, f"{feature.name} outside the training range"))
    if horizon_days > card.fitted_horizon_days:
        found.append(
            (
                everyone & ~insufficient,
                f"the log was long enough to learn from {card.fitted_horizon_days} days; the "
                f"probability model carries the answer on to {horizon_days}",
            )
        )
    return found


def _refunds_exceed(table: pd.DataFrame) -> np.ndarray:
    if "refund_rate" not in table:
        return np.zeros(len(table), dtype=bool)
    return np.asarray(table["refund_rate"].to_numpy(dtype=float, na_value=np.nan) > 1.0)
