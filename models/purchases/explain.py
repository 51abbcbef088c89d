"""Why a customer's answer is what it is: its parts, which add up to it on the link scales.

    log odds of an order in the horizon = prior + level + trees + features
    log of the expected spend           = prior + level + trees + features

prior     the probability model's own answer for the horizon: its log odds, those of buried
          customers lifted as in `models.purchases.churn`; its log money (so relative to even odds, and to
          one unit of money)
level     what brings the totals of all customers to where they are expected; everybody's alike
trees     what the trees add for the mean row that they learnt from; everybody's alike
features  what each feature of this customer adds to that

Source: Lundberg, Erion & Lee (2018), "Consistent Individualized Feature Attribution for Tree
Ensembles", as XGBoost computes it, times the share of the trees' correction that is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import pandas as pd
import xgboost as xgb

from models.boosting import Array, Matrix
from models.bundle import PurchaseBundle
from models.purchases.basis import assess
from models.purchases.card import Feature
from models.purchases.churn import log_odds
from models.purchases.predict import feature_matrix, forecast

FEWEST_AVERAGED = 5000


@dataclass(frozen=True)
class Driver:
    """What one feature adds to a customer's answer.

    value            as it stands in the feature table; None where unknown
    churn_log_odds   of the churn model, in log odds of an *order*: what is positive lowers p_churn
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
    bundle: PurchaseBundle,
    table: pd.DataFrame,
    *,
    as_of: datetime,
    horizon_days: int | None = None,
    top: int = 3,
) -> list[list[Driver]]:
    """The features that move each customer's answer most, in the table's order; see `explain`."""
    found = explain(bundle, table, as_of=as_of, horizon_days=horizon_days, top=top)
    return [list(each.drivers) if each else [] for each in found]


def explain(
    bundle: PurchaseBundle,
    table: pd.DataFrame,
    *,
    as_of: datetime,
    horizon_days: int | None = None,
    top: int = 3,
) -> list[Explanation | None]:
    """Feature table -> the parts of each answer, in its order; None where basis is insufficient.

    The drivers come first that move the expected revenue most: its logarithm changes by about
    p_churn times the log odds, plus the log money. At most `top` up and `top` down.
    """
    card = bundle.card
    horizon = card.horizon_days if horizon_days is None else horizon_days
    matrix = feature_matrix(bundle, table)
    known = assess(bundle, matrix, horizon).known
    said = forecast(bundle, matrix[known], as_of=as_of)
    effective = card.season.effective_days(as_of, horizon)
    prior_odds = log_odds(card.prior.p_order(said.columns, effective), said.lifted)[:, 0]
    prior_money = np.log(card.prior.expected_spend(said.columns, effective))[:, 0]
    odds, money = _parts(bundle, matrix[known])
    moved = (1.0 - said.p_order(horizon))[:, None] * odds[:, :-1] + money[:, :-1]

    found: list[Explanation | None] = [None] * len(table)
    for row, position in enumerate(np.flatnonzero(known)):
        chosen = strongest(moved[row], top)
        found[position] = Explanation(
            prior_log_odds=float(prior_odds[row]),
            level_log_odds=card.churn.shift,
            trees_log_odds=float(odds[row, -1]),
            others_log_odds=float(np.delete(odds[row, :-1], chosen).sum()),
            prior_log_money=float(prior_money[row]),
            level_log_money=card.spend.shift,
            trees_log_money=float(money[row, -1]),
            others_log_money=float(np.delete(money[row, :-1], chosen).sum()),
            drivers=tuple(
                driver(
                    card.features[place],
                    table[bundle.names[place]].iloc[position],
                    card.currency,
                    odds=float(odds[row, place]),
                    money=float(money[row, place]),
                    moved=float(moved[row, place]),
                )
                for place in chosen
            ),
        )
    return found


def strongest(moved: Array, top: int) -> list[int]:
    """The columns that move most, at most `top` up and `top` down, strongest first."""
    order = np.argsort(-np.abs(moved), kind="stable")
    up = [int(each) for each in order if moved[each] > 0.0][:top]
    down = [int(each) for each in order if moved[each] < 0.0][:top]
    return sorted([*up, *down], key=lambda each: (-abs(moved[each]), each))


def importance(bundle: PurchaseBundle, table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Mean |what a feature adds| over the table's customers, by model, churn and spend.

    Log odds of an order and log money; features that move nobody are left out. Of a large table
    evenly spread customers stand for all, FEWEST_AVERAGED or more.
    """
    some = table.iloc[:: max(1, len(table) // FEWEST_AVERAGED)]
    names = [feature.name for feature in bundle.card.features]
    found = {}
    parts_of_both = _parts(bundle, feature_matrix(bundle, some))
    for model, parts in zip(("churn", "spend"), parts_of_both, strict=True):
        means = np.abs(parts[:, :-1]).sum(axis=0) / max(len(some), 1)
        found[model] = {
            name: float(mean) for name, mean in zip(names, means, strict=True) if mean > 0.0
        }
    return found


def contributions(booster: xgb.Booster, features: Matrix) -> Array:
    """What each feature adds to `models.boosting.tree_correction`, shape (rows, features + 1).

    The last column is the trees' mean; a row sums to the correction. Zeros without trees.
    """
    rows, columns = features.shape
    if rows == 0 or booster.num_boosted_rounds() == 0:
        return np.zeros((rows, columns + 1))
    # subtle: a margin of nothing stands in for the booster's base score, as in `correction`
    matrix = xgb.DMatrix(features, base_margin=np.zeros(rows, dtype=np.float32), nthread=1)
    return np.asarray(booster.predict(matrix, pred_contribs=True), dtype=np.float64)


def _parts(bundle: PurchaseBundle, matrix: Array) -> tuple[Array, Array]:
    """Contributions to log odds and to log money, as much of them as is believed."""
    card, features = bundle.card, matrix.astype(np.float32)
    return (
        card.churn.strength * contributions(bundle.churn, features),
        card.spend.strength * contributions(bundle.spend, features),
    )


def driver(
    feature: Feature, value: object, currency: str, *, odds: float, money: float, moved: float
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
        direction="up" if moved > 0.0 else "down",
        revenue_share=float(np.expm1(moved)),
        words=_words(feature, known, float(np.expm1(moved)), currency),
    )


def _words(feature: Feature, value: float | str | None, share: float, currency: str) -> str:
    """A sentence for people: what is known, and what it does to the expected revenue."""
    # what a meaning says of special cases after a semicolon is for the dictionary
    said = f"{feature.meaning.partition(';')[0]}: {_shown(value, feature.unit, currency)}"
    return f"{said}; {'raises' if share > 0.0 else 'lowers'} expected revenue by {abs(share):.0%}"


def _shown(value: float | str | None, unit: str, currency: str) -> str:
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
