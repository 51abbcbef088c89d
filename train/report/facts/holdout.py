"""What a rehearsal showed, without its customers: small enough to be kept with the run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pydantic import AwareDatetime, BaseModel, ConfigDict

from models.metrics import coverage, normalised_gini, top_decile_capture
from train.purchases.holdout import PurchaseHoldout

GROUPS = 10


class Judged(BaseModel):
    """A model of the same recipe, trained one horizon earlier, against what followed.

    expected, low, high, came  revenue of all customers together, the interval of 80 %, money
    returners_expected, ...    customers with an order in the horizon
    inside                     share of customers whose revenue lay in their own interval of 80 %
    deciles                    tenths by expected revenue, the lowest first: means, money
    risks                      tenths by churn risk, the lowest first: mean risk, share that stayed
                               away, customers
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: AwareDatetime
    horizon_days: int
    customers: int
    expected: float
    low: float
    high: float
    came: float
    returners_expected: float
    returners: int
    inside: float
    gini: float | None
    top_share: float | None
    deciles: tuple[dict[str, float], ...]
    risks: tuple[dict[str, float], ...]


def judged(holdout: PurchaseHoldout) -> Judged:
    """The holdout's sums and means."""
    seen = holdout.customers
    revenue, expected = seen["revenue"], seen["expected_revenue"]
    return Judged(
        as_of=holdout.as_of,
        horizon_days=holdout.horizon_days,
        customers=len(seen),
        expected=float(expected.sum()),
        low=holdout.total_low,
        high=holdout.total_high,
        came=float(revenue.sum()),
        returners_expected=float((1.0 - seen["p_churn"]).sum()),
        returners=int((seen["churned"] == 0).sum()),
        inside=coverage(revenue, seen["low"], seen["high"]),
        gini=known(normalised_gini(revenue, expected)),
        top_share=known(top_decile_capture(revenue, expected)),
        deciles=tenths(
            seen, "expected_revenue", {"expected_revenue": "expected", "revenue": "came"}
        ),
        risks=tenths(seen, "p_churn", {"p_churn": "expected", "churned": "came"}),
    )


def known(value: float) -> float | None:
    """A number, or None where it is not defined."""
    return value if np.isfinite(value) else None


def tenths(seen: pd.DataFrame, by: str, names: dict[str, str]) -> tuple[dict[str, float], ...]:
    """Means of equal parts of the customers by a rising number; fewer parts where they are few."""
    order = np.argsort(seen[by].to_numpy(dtype=float), kind="stable")
    parts = np.array_split(order, min(GROUPS, len(seen)))
    found: list[dict[str, Any]] = [
        {name: float(seen[column].iloc[part].mean()) for column, name in names.items()}
        | {"group": float(place), "customers": float(len(part))}
        for place, part in enumerate(parts, start=1)
    ]
    return tuple(found)
