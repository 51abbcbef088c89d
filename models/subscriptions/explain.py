"""Why a subscriber's answer is what it is: its parts, which add up to it on the log odds.

    log odds of staying the whole horizon = prior + level + trees + features

as in `models.purchases.explain`. The horizon is many months, each with log odds of its own; what a feature
adds to each counts by how much the whole moves with it, averaged along the way from the prior to
the answer. The money is known: all of it is the prior's.

Source: Sundararajan, Taly & Yan (2017), "Axiomatic Attribution for Deep Networks", for the way;
within a month the contributions are those of `models.purchases.explain`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from models.boosting import Array
from models.bundle import SubscriptionBundle
from models.economics import MONTH_DAYS
from models.economics import months as months_of
from models.purchases.explain import Explanation, contributions, driver, strongest
from models.subscriptions.basis import assess
from models.subscriptions.predict import (
    SubscriptionForecast,
    feature_matrix,
    forecast,
    months_ahead,
)

STEPS = 12


def explain(
    bundle: SubscriptionBundle,
    table: pd.DataFrame,
    *,
    horizon_days: int | None = None,
    top: int = 3,
) -> list[Explanation | None]:
    """Feature table -> the parts of each answer, in its order; None where basis is insufficient.

    At most `top` drivers that raise, and `top` that lower the chance to stay, strongest first.
    """
    horizon = bundle.card.horizon_days if horizon_days is None else horizon_days
    matrix = feature_matrix(bundle, table)
    known = assess(bundle, matrix, horizon).known
    found: list[Explanation | None] = [None] * len(table)
    if known.any():
        positions = np.flatnonzero(known)
        parts = _explained(bundle, matrix[known], table[known], horizon, top)
        for position, each in zip(positions, parts, strict=True):
            found[position] = each
    return found


def _explained(
    bundle: SubscriptionBundle, matrix: Array, table: pd.DataFrame, horizon: int, top: int
) -> Iterator[Explanation]:
    said = forecast(bundle, matrix)
    prior = _towards(said, 0.0)
    stays, prior_stays = said.stays(horizon), prior.stays(horizon)
    spend = said.monthly_revenue(months_of(horizon)).sum(axis=1) / stays
    weight = _weights(said, horizon)
    odds = _features(bundle, matrix, weight)
    level = bundle.card.churn.shift * weight.sum(axis=1)
    rest = logit(stays) - logit(prior_stays) - level - odds.sum(axis=1)
    moved = odds[:, :-1] * (1.0 - stays)[:, None] / 2.0  # who leaves has paid for half, about
    for row in range(len(matrix)):
        chosen = strongest(moved[row], top)
        others = float(np.delete(odds[row, :-1], chosen).sum() + rest[row])
        yield Explanation(
            prior_log_odds=float(logit(prior_stays[row])),
            level_log_odds=float(level[row]),
            trees_log_odds=float(odds[row, -1]),
            others_log_odds=others,
            prior_log_money=float(np.log(max(spend[row], 1e-9))),
            level_log_money=0.0,
            trees_log_money=0.0,
            others_log_money=0.0,
            drivers=tuple(
                driver(
                    bundle.card.features[place],
                    table[bundle.names[place]].iloc[row],
                    bundle.card.currency,
                    odds=float(odds[row, place]),
                    money=0.0,
                    moved=float(moved[row, place]),
                )
                for place in chosen
            ),
        )


def _weights(said: SubscriptionForecast, horizon: int) -> Array:
    """By how much the log odds of staying move with the log odds of leaving in each month with a
    correction, <= 0, shape (n, months): the mean along the way from the prior to the answer."""
    columns = said.outlook.correction.shape[1]
    share = _share(horizon, columns)
    at = (np.arange(STEPS) + 0.5) / STEPS
    total = np.zeros((len(said.tenure), columns))
    for part in at:
        now = _towards(said, float(part))
        leaves = 1.0 - now.stays(horizon)[:, None]
        total -= expit(now.outlook.log_odds) * share * _moves(now) / leaves
    return total / STEPS


def _share(horizon: int, columns: int) -> Array:
    """How many months of the horizon each column stands for: the last one for all beyond it."""
    whole = horizon / MONTH_DAYS
    share = np.clip(whole - np.arange(columns), 0.0, 1.0)
    share[-1] += max(whole - columns, 0.0)
    return np.asarray(share)


def _moves(said: SubscriptionForecast) -> Array:
    """1 where a month moves with its correction, 0 where the floor holds it."""
    tail = said.outlook.tail
    if tail is None:
        return np.ones_like(said.outlook.correction)
    return np.where(said.outlook.log_odds == tail.floor, 0.0, 1.0)


def _features(bundle: SubscriptionBundle, matrix: Array, weight: Array) -> Array:
    """What each feature adds, and in the last column the trees' mean, shape (n, features + 1)."""
    counted = int(np.flatnonzero(weight.any(axis=0)).max(initial=0)) + 1
    rows, place = months_ahead(bundle, matrix, counted)
    each = bundle.card.churn.strength * contributions(bundle.churn, rows)
    return np.stack([own @ each[at] for own, at in zip(weight, place, strict=True)])


def _towards(said: SubscriptionForecast, part: float) -> SubscriptionForecast:
    """The same with so much of the correction."""
    outlook = replace(said.outlook, correction=part * said.outlook.correction)
    return replace(said, outlook=outlook)
