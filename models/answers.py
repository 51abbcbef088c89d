"""Either kind of model, asked in the same way."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from features.config import Economics
from models import clv, contract
from models.bundle import AnyBundle, ContractBundle
from models.intervals import NORMAL_80


def answer(
    bundle: AnyBundle,
    table: pd.DataFrame,
    *,
    as_of: datetime,
    horizon_days: int | None = None,
    economics: Economics | None = None,
) -> pd.DataFrame:
    """Feature table -> predictions: see `models.clv.answer` and `models.contract.answer`."""
    if isinstance(bundle, ContractBundle):
        return contract.answer(bundle, table, horizon_days=horizon_days, economics=economics)
    return clv.answer(bundle, table, as_of=as_of, horizon_days=horizon_days, economics=economics)


def total_revenue(bundle: AnyBundle, answers: pd.DataFrame) -> tuple[float, float, float]:
    """Expected net revenue of a group of answered customers, and its 80 % interval, money.

    answers  rows of `answer`, any of them: a segment, the whole base
    """
    if not isinstance(bundle, ContractBundle):
        return clv.total_revenue(bundle, answers)
    known = answers.dropna(subset=["expected_revenue"])
    p_churn = known["p_churn"].to_numpy(dtype=float)
    revenue = known["expected_revenue"].to_numpy(dtype=float)
    # who leaves has paid for some part of the horizon: any part, as far as is known here
    whole = revenue / (1.0 - p_churn / 2.0)
    own = np.sum(whole**2 * (1.0 - 2.0 * p_churn / 3.0) - revenue**2)
    level = bundle.card.level_sd * float(np.sum(whole * p_churn * (1.0 - p_churn))) / 2.0
    total, off = float(revenue.sum()), NORMAL_80 * float(np.hypot(np.sqrt(own), level))
    return total, max(total - off, 0.0), min(total + off, float(whole.sum()))
