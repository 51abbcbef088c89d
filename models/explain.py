"""Why a customer's answer is what it is: its parts, which add up to it on the link scales.

    log odds of an order in the horizon = prior + level + trees + features
    log of the expected spend           = prior + level + trees + features

prior     the probability model's own answer for the horizon: its log odds, those of buried
          customers lifted as in `models.churn`; its log money (so relative to even odds, and to
          one unit of money)
level     what brings the totals of all customers to where they are expected; everybody's alike
trees     what the trees add for the mean row that they learnt from; everybody's alike
features  what each feature of this customer adds to that

Source: Lundberg, Erion & Lee (2018), "Consistent Individualized Feature Attribution for Tree
Ensembles", as XGBoost computes it, times the share of the trees' correction that is believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
import xgboost as xgb
from numpy.typing import NDArray

from models.basis import NEEDED
from models.boosting import Array, Matrix
from models.bundle import Bundle
from models.churn import log_odds
from models.clv import forecast
from models.encode import encode

FEWEST_AVERAGED = 5000


@dataclass(frozen=True)
class Driver:
    """What one feature adds to a customer's answer.

    value            as it stands in the feature table; None where unknown
    churn_log_odds   of the churn model, in log odds of an *order*: what is positive lowers p_churn
    spend_log_money  of the spend model, in log money: 0.1 is about a tenth more
    """

    feature: str
    value: float | str | None
    unit: str
    meaning: str
    churn_log_odds: float
    spend_log_money: float


@dataclass(frozen=True)
class Explanation:
    """The parts of one customer's answer, named as in the module; `others` is all other features.

    The five `_log_odds` (the drivers' among them) sum to logit(1 - p_churn), the five `_log_money`
    to log(expected_spend).
    """

    prior_log_odds: float
    level_log_odds: float
    trees_log_odds: float
    others_log_odds: float
    prior_log_money: float
    level_log_money: float
    trees_log_money: float
    others_log_money: float
    drivers: tuple[Driver, ...]


def drivers(
    bundle: Bundle,
    table: pd.DataFrame,
    *,
    as_of: datetime,
    horizon_days: int | None = None,
    top: int = 5,
) -> list[list[Driver]]:
    """The features that move each customer's answer most, in the table's order; see `explain`."""
    found = explain(bundle, table, as_of=as_of, horizon_days=horizon_days, top=top)
    return [list(each.drivers) if each else [] for each in found]


def explain(
    bundle: Bundle,
    table: pd.DataFrame,
    *,
    as_of: datetime,
    horizon_days: int | None = None,
    top: int = 5,
) -> list[Explanation | None]:
    """Feature table -> the parts of each answer, in its order; None where basis is insufficient.

    The drivers come first that move the expected revenue most: its logarithm changes by p_churn
    times the log odds, plus the log money. At most `top`, none that moves nothing.
    """
    card = bundle.card
    horizon = card.horizon_days if horizon_days is None else horizon_days
    known = table[list(NEEDED)].notna().all(axis=1).to_numpy()
    said = forecast(bundle, table[known], as_of=as_of)
    effective = card.season.effective_days(as_of, horizon)
    prior_odds = log_odds(card.prior.p_order(said.table, effective), said.lifted)
    prior_money = np.log(card.prior.expected_spend(said.table, effective))
    odds, money = _parts(bundle, said.table)
    moved = (1.0 - said.p_order(horizon))[:, None] * np.abs(odds[:, :-1]) + np.abs(money[:, :-1])
    places = np.argsort(-moved, axis=1, kind="stable")[:, :top]

    found: list[Explanation | None] = [None] * len(table)
    for row, position in enumerate(np.flatnonzero(known)):
        chosen = [int(each) for each in places[row] if moved[row, each] > 0.0]
        found[position] = Explanation(
            prior_log_odds=float(prior_odds[row]),
            level_log_odds=card.churn.shift,
            trees_log_odds=float(odds[row, -1]),
            others_log_odds=float(np.delete(odds[row, :-1], chosen).sum()),
            prior_log_money=float(prior_money[row]),
            level_log_money=card.spend.shift,
            trees_log_money=float(money[row, -1]),
            others_log_money=float(np.delete(money[row, :-1], chosen).sum()),
            drivers=_drivers(bundle, said.table.iloc[row], chosen, odds[row], money[row]),
        )
    return found


def importance(bundle: Bundle, table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Mean |what a feature adds| over the table's customers, by model, churn and spend.

    Log odds of an order and log money; features that move nobody are left out. Of a large table
    evenly spread customers stand for all, FEWEST_AVERAGED or more.
    """
    some = table.iloc[:: max(1, len(table) // FEWEST_AVERAGED)]
    names = [feature.name for feature in bundle.card.features]
    found = {}
    for model, parts in zip(("churn", "spend"), _parts(bundle, some), strict=True):
        means = np.abs(parts[:, :-1]).sum(axis=0) / max(len(some), 1)
        found[model] = {
            name: float(mean) for name, mean in zip(names, means, strict=True) if mean > 0.0
        }
    return found


def contributions(booster: xgb.Booster, features: Matrix) -> Array:
    """What each feature adds to `models.boosting.correction`, shape (rows, features + 1).

    The last column is the trees' mean; a row sums to the correction. Zeros without trees.
    """
    rows, columns = features.shape
    if rows == 0 or booster.num_boosted_rounds() == 0:
        return np.zeros((rows, columns + 1))
    # subtle: a margin of nothing stands in for the booster's base score, as in `correction`
    matrix = xgb.DMatrix(features, base_margin=np.zeros(rows, dtype=np.float32), nthread=1)
    return np.asarray(booster.predict(matrix, pred_contribs=True), dtype=np.float64)


def _parts(bundle: Bundle, table: pd.DataFrame) -> tuple[Array, Array]:
    """Contributions to log odds and to log money, as much of them as is believed."""
    card = bundle.card
    matrix = encode(table, [feature.name for feature in card.features], card.levels)
    return (
        card.churn.strength * contributions(bundle.churn, matrix),
        card.spend.strength * contributions(bundle.spend, matrix),
    )


def _drivers(
    bundle: Bundle,
    row: pd.Series[float],
    chosen: Sequence[int],
    odds: NDArray[np.float64],
    money: NDArray[np.float64],
) -> tuple[Driver, ...]:
    features = [bundle.card.features[each] for each in chosen]
    return tuple(
        Driver(
            feature=feature.name,
            value=_value(row[feature.name]),
            unit=feature.unit,
            meaning=feature.meaning,
            churn_log_odds=float(odds[each]),
            spend_log_money=float(money[each]),
        )
        for each, feature in zip(chosen, features, strict=True)
    )


def _value(value: object) -> float | str | None:
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    return value if isinstance(value, str) else float(value)  # type: ignore[arg-type]
