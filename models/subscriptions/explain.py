"""Why a subscriber's prediction is what it is: its parts, which add up to it on the log odds.

    log odds of staying the whole horizon = prior + level + trees + features

The parts are those of `models.attribution.Explanation`. The horizon is many months, each with log
odds of its own; what a feature adds to each counts by how much the whole moves with it, averaged
along the way from the prior to the prediction. The money is known: all of it is the prior's.

Source: Sundararajan, Taly & Yan (2017), "Axiomatic Attribution for Deep Networks", for the way;
within a month the contributions are those of `models.attribution`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from features.timestamps import MONTH_DAYS
from models.attribution import Explanation, contributions, driver, strongest
from models.boosting import Array
from models.economics import horizon_months
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.forecast import SubscriptionForecast, forecast, months_ahead

STEPS = 12


def explanations(
    bundle: SubscriptionBundle,
    matrix: Array,
    table: pd.DataFrame,
    *,
    horizon_days: int,
    top: int,
) -> Iterator[Explanation]:
    """The parts of the prediction for each subscriber of a matrix, table of the same rows.

    The drivers come first that change the chance to stay most.
    """
    whole = forecast(bundle, matrix)
    prior = _with_share(whole, 0.0)
    stays, prior_stays = whole.stays(horizon_days), prior.stays(horizon_days)
    spend = whole.monthly_revenue(horizon_months(horizon_days)).sum(axis=1) / stays
    weight = _weights(whole, horizon_days)
    odds = _contributions(bundle, matrix, weight)
    shift = bundle.card.churn.shift * weight.sum(axis=1)
    rest = logit(stays) - logit(prior_stays) - shift - odds.sum(axis=1)
    effects = odds[:, :-1] * (1.0 - stays)[:, None] / 2.0  # a leaver has paid for half, about
    for row in range(len(matrix)):
        chosen = strongest(effects[row], top)
        others = float(np.delete(odds[row, :-1], chosen).sum() + rest[row])
        yield Explanation(
            prior_log_odds=float(logit(prior_stays[row])),
            level_log_odds=float(shift[row]),
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
                    effect=float(effects[row, place]),
                )
                for place in chosen
            ),
        )


def _weights(whole: SubscriptionForecast, horizon: int) -> Array:
    """By how much the log odds of staying move with the log odds of leaving in each month with a
    correction, <= 0, shape (n, months): the mean along the way from the prior to the prediction."""
    columns = whole.survival_curve.correction.shape[1]
    share = _months_share(horizon, columns)
    at = (np.arange(STEPS) + 0.5) / STEPS
    total = np.zeros((len(whole.tenure), columns))
    for part in at:
        now = _with_share(whole, float(part))
        leaves = 1.0 - now.stays(horizon)[:, None]
        total -= expit(now.survival_curve.log_odds) * share * _movable(now) / leaves
    return total / STEPS


def _months_share(horizon: int, columns: int) -> Array:
    """How many months of the horizon each column stands for: the last one for all beyond it."""
    whole = horizon / MONTH_DAYS
    share = np.clip(whole - np.arange(columns), 0.0, 1.0)
    share[-1] += max(whole - columns, 0.0)
    return np.asarray(share)


def _movable(whole: SubscriptionForecast) -> Array:
    """1 where a month moves with its correction, 0 where the floor holds it."""
    tail = whole.survival_curve.tail
    if tail is None:
        return np.ones_like(whole.survival_curve.correction)
    return np.where(whole.survival_curve.log_odds == tail.floor, 0.0, 1.0)


def _contributions(bundle: SubscriptionBundle, matrix: Array, weight: Array) -> Array:
    """What each feature adds, and in the last column the trees' mean, shape (n, features + 1)."""
    counted = int(np.flatnonzero(weight.any(axis=0)).max(initial=0)) + 1
    rows, place = months_ahead(bundle, matrix, counted)
    each = bundle.card.churn.strength * contributions(bundle.churn, rows)
    return np.stack([own @ each[at] for own, at in zip(weight, place, strict=True)])


def _with_share(whole: SubscriptionForecast, part: float) -> SubscriptionForecast:
    """The same with so much of the correction."""
    curve = whole.survival_curve
    return replace(whole, survival_curve=replace(curve, correction=part * curve.correction))
