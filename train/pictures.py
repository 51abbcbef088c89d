"""A verdict and a fitted model as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.boosting import Curve
from models.card import Card
from train.judge import Verdict

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def of_model(name: str, curve: Curve, gains: dict[str, float]) -> dict[str, Figure]:
    """How the number of rounds was chosen, and which features the trees use."""
    from train import plots

    return {
        "learning_curve": plots.learning_curve(
            curve.rounds, curve.deviance, curve.chosen, model=f"{name} model"
        ),
        "importance": plots.importance(gains, model=f"{name} model"),
    }


def of_verdict(name: str, verdict: Verdict | None, card: Card) -> dict[str, Figure]:
    """What was predicted against what happened, for churn, spend or clv."""
    if verdict is None:
        return {}
    from train import plots

    seen = verdict.customers
    if name == "churn":
        return {
            "reliability": plots.reliability(*_columns(seen, "churned", "p_churn", "prior_p_churn"))
        }
    if name == "spend":
        returners = seen[seen["churned"] == 0]
        columns = _columns(returners, "revenue", "expected_spend", "prior_spend")
        return {"deciles": plots.decile_bars(*columns, currency=card.currency)}
    columns = _columns(seen, "revenue", "expected_revenue", "prior_revenue")
    return {
        "deciles": plots.decile_bars(*columns, currency=card.currency),
        "gain": plots.gain_curve(*columns, currency=card.currency),
    }


def _columns(frame: pd.DataFrame, *names: str) -> list[NDArray[np.float64]]:
    return [frame[name].to_numpy(dtype=float) for name in names]
