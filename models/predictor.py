"""Either kind of model, asked in the same way."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.config.sections import Economics
from models.bundle import Bundle, SubscriptionBundle
from models.intervals import NORMAL_80
from models.purchases import basis
from models.purchases import curve as purchases_curve
from models.purchases import explain as purchases_explain
from models.purchases import predict as clv
from models.purchases.basis import Evidence
from models.purchases.curve import ValueCurve
from models.purchases.explain import Explanation
from models.purchases.predict import CustomerValues, PurchaseForecast
from models.subscriptions import basis as contract_basis
from models.subscriptions import explain as contract_explain
from models.subscriptions import predict as contract
from models.subscriptions.predict import SubscriptionForecast

Array = NDArray[np.float64]
AnyForecast = PurchaseForecast | SubscriptionForecast


def assess(bundle: Bundle, matrix: Array, horizon_days: int) -> Evidence:
    """What the answers to the rows of a matrix rest on."""
    if isinstance(bundle, SubscriptionBundle):
        return contract_basis.assess(bundle, matrix, horizon_days)
    return basis.assess(bundle, matrix, horizon_days)


def forecast(bundle: Bundle, matrix: Array, *, as_of: datetime) -> AnyForecast:
    """What a bundle says of the rows of a matrix, before a horizon is named."""
    if isinstance(bundle, SubscriptionBundle):
        return contract.forecast(bundle, matrix)
    return clv.forecast(bundle, matrix, as_of=as_of)


def customer_values(said: AnyForecast, horizon_days: int, economics: Economics) -> CustomerValues:
    """The numbers of `predict`."""
    if isinstance(said, SubscriptionForecast):
        return contract.customer_values(said, horizon_days, economics)
    return clv.customer_values(said, horizon_days, economics)


def value_curve(said: AnyForecast, horizon_days: int, economics: Economics) -> ValueCurve:
    """The months of a horizon."""
    if isinstance(said, SubscriptionForecast):
        return contract.value_curve(said, horizon_days, economics)
    return purchases_curve.value_curve(said, horizon_days, economics)


def explain(
    bundle: Bundle, table: pd.DataFrame, *, as_of: datetime, horizon_days: int
) -> list[Explanation | None]:
    """The parts of each answer; None where basis is insufficient."""
    if isinstance(bundle, SubscriptionBundle):
        return contract_explain.explain(bundle, table, horizon_days=horizon_days)
    return purchases_explain.explain(bundle, table, as_of=as_of, horizon_days=horizon_days)


def predict(
    bundle: Bundle,
    table: pd.DataFrame,
    *,
    as_of: datetime,
    horizon_days: int | None = None,
    economics: Economics | None = None,
) -> pd.DataFrame:
    """Feature table -> predictions: see `models.purchases.predict.predict` and `models.subscriptions.predict.predict`."""
    if isinstance(bundle, SubscriptionBundle):
        return contract.predict(bundle, table, horizon_days=horizon_days, economics=economics)
    return clv.predict(bundle, table, as_of=as_of, horizon_days=horizon_days, economics=economics)


def total_revenue(bundle: Bundle, answers: pd.DataFrame) -> tuple[float, float, float]:
    """Expected net revenue of a group of answered customers, and its 80 % interval, money.

    answers  rows of `predict`, any of them: a segment, the whole base
    """
    if not isinstance(bundle, SubscriptionBundle):
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
