"""How much each feature adds to a prediction, in numbers and in words.

Source: Lundberg, Erion & Lee (2018), "Consistent Individualized Feature Attribution for Tree
Ensembles", as XGBoost computes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xgboost as xgb

from models.boosting import Array, Matrix
from models.card import Feature


@dataclass(frozen=True)
class Driver:
    """What one feature adds to a customer's prediction.

    value            as it stands in the feature table; None where unknown
    churn_log_odds   of the churn model, in log odds of an *order*, or of staying: what is positive
                     lowers p_churn
    spend_log_money  of the spend model, in log money: 0.1 is about a tenth more
    direction        of what both do to the expected revenue
    revenue_share    how much that is, about: 0.1 is a tenth more
    words            the same as a sentence
    """

    feature: str
    value: float | str | None
    unit: str
    meaning: str
    churn_log_odds: float
    spend_log_money: float
    direction: Literal["up", "down"]
    revenue_share: float
    words: str


@dataclass(frozen=True)
class Explanation:
    """The parts of one customer's prediction, which add up to it on the link scales.

    prior   the probability model's own prediction
    level   the calibration of the total: what brings the totals of all customers to where they are
            expected; everybody's alike
    trees   what the trees add for the mean row that they learnt from; everybody's alike
    others  all features but the drivers

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


def contributions(booster: xgb.Booster, features: Matrix) -> Array:
    """What each feature adds to `models.boosting.tree_correction`, shape (rows, features + 1).

    The last column is the trees' mean; a row sums to the correction. Zeros without trees.
    """
    rows, columns = features.shape
    if rows == 0 or booster.num_boosted_rounds() == 0:
        return np.zeros((rows, columns + 1))
    # subtle: a margin of nothing stands in for the booster's base score, as in `tree_correction`
    matrix = xgb.DMatrix(features, base_margin=np.zeros(rows, dtype=np.float32), nthread=1)
    return np.asarray(booster.predict(matrix, pred_contribs=True), dtype=np.float64)


def strongest(effects: Array, top: int) -> list[int]:
    """The features with the largest effects, at most `top` up and `top` down, strongest first."""
    order = np.argsort(-np.abs(effects), kind="stable")
    up = [int(place) for place in order if effects[place] > 0.0][:top]
    down = [int(place) for place in order if effects[place] < 0.0][:top]
    return sorted([*up, *down], key=lambda place: (-abs(effects[place]), place))


def driver(
    feature: Feature, value: object, currency: str, *, odds: float, money: float, effect: float
) -> Driver:
    """A feature by what it adds: log odds of an order, log money, log of the expected revenue."""
    known = _value(value)
    return Driver(
        feature=feature.name,
        value=known,
        unit=feature.unit,
        meaning=feature.meaning,
        churn_log_odds=odds,
        spend_log_money=money,
        direction="up" if effect > 0.0 else "down",
        revenue_share=float(np.expm1(effect)),
        words=_words(feature, known, float(np.expm1(effect)), currency),
    )


def _words(feature: Feature, value: float | str | None, share: float, currency: str) -> str:
    """A sentence for people: what is known, and what it does to the expected revenue."""
    # what a meaning says of special cases after a semicolon is for the dictionary
    fact = f"{feature.meaning.partition(';')[0]}: {_formatted(value, feature.unit, currency)}"
    return f"{fact}; {'raises' if share > 0.0 else 'lowers'} expected revenue by {abs(share):.0%}"


def _formatted(value: float | str | None, unit: str, currency: str) -> str:
    if value is None or isinstance(value, str):
        return "unknown" if value is None else value
    if unit == "money":
        return f"{value:,.2f} {currency}"
    if unit == "share":
        return f"{value:.0%}"
    number = f"{value:,.1f}".removesuffix(".0")
    return number if unit in ("ratio", "month") else f"{number} {unit}"


def _value(value: object) -> float | str | None:
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    return value if isinstance(value, str) else float(value)  # type: ignore[arg-type]
