"""Either kind of model, asked in the same way."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.config.purchases import Economics
from models.bundle import AnyBundle, ContractBundle
from models.intervals import NORMAL_80
from models.purchases import (
    basis,
)
from models.purchases import curve as purchases_curve
from models.purchases import explain as purchases_explain
from models.purchases import (
    predict as clv,
)
from models.purchases.basis import Verdict
from models.purchases.curve import Curve
from models.purchases.explain import Explanation
from models.purchases.predict import (
    Forecast,
    Values,
)
from models.subscriptions import (
    basis as contract_basis,
)
from models.subscriptions import (
    explain as contract_explain,
)
from models.subscriptions import (
    predict as contract,
)
from models.subscriptions.predict import ContractForecast

Array = NDArray[np.float64]
AnyForecast = Forecast | ContractForecast


def judge(bundle: AnyBundle, matrix: Array, horizon_days: int) -> Verdict:
    """What the answers to the rows of a matrix rest on."""
    if isinstance(bundle, ContractBundle):
        return contract_basis.judge(bundle, matrix, horizon_days)
    return basis.judge(bundle, matrix, horizon_days)


def forecast_matrix(bundle: AnyBundle, matrix: Array, *, as_of: datetime) -> AnyForecast:
    """What a bundle says of the rows of a matrix, before a horizon is named."""
    if isinstance(bundle, ContractBundle):
        return contract.forecast_matrix(bundle, matrix)
    return clv.forecast_matrix(bundle, matrix, as_of=as_of)


def values(said: AnyForecast, horizon_days: int, economics: Economics) -> Values:
    """The numbers of `answer`."""
    if isinstance(said, ContractForecast):
        return contract.values(said, horizon_days, economics)
    return clv.values(said, horizon_days, economics)


def curve(said: AnyForecast, horizon_days: int, economics: Economics) -> Curve:
    """The months of a horizon."""
    if isinstance(said, ContractForecast):
        return contract.curve(said, horizon_days, economics)
    return purchases_curve.curve(said, horizon_days, economics)


def explain(
    bundle: AnyBundle, table: pd.DataFrame, *, as_of: datetime, horizon_days: int
) -> list[Explanation | None]:
    """The parts of each answer; None where basis is insufficient."""
    if isinstance(bundle, ContractBundle):
        return contract_explain.explain(bundle, table, horizon_days=horizon_days)
    return purchases_explain.explain(bundle, table, as_of=as_of, horizon_days=horizon_days)


def answer(
    bundle: AnyBundle,
    table: pd.DataFrame,
    *,
    as_of: datetime,
    horizon_days: int | None = None,
    economics: Economics | None = None,
) -> pd.DataFrame:
    """Feature table -> predictions: see `models.purchases.predict.answer` and `models.subscriptions.predict.answer`."""
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
