"""Why a customer's prediction is what it is: its parts, which add up to it on the link scales.

    log odds of an order in the horizon = prior + level + trees + features
    log of the expected spend           = prior + level + trees + features

The prior is the probability model's own prediction for the horizon: its log odds, raised to the
probability floor of `models.purchases.churn`, and its log money (so relative to even odds, and to
one unit of money). The contributions of features are multiplied by `strength`, the
shrinkage of the trees' correction. The parts are those of `models.attribution.Explanation`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from models.attribution import Explanation, contributions, driver, strongest
from models.boosting import Array
from models.purchases.bundle import PurchaseBundle
from models.purchases.churn import log_odds
from models.purchases.forecast import PurchaseForecast

FEWEST_AVERAGED = 5000


def explanations(
    forecast: PurchaseForecast, table: pd.DataFrame, *, horizon_days: int, top: int
) -> Iterator[Explanation]:
    """The parts of the prediction for each customer of a forecast, table of the same rows.

    The drivers come first that move the expected revenue most: its logarithm changes by about
    p_churn times the log odds, plus the log money.
    """
    bundle = forecast.bundle
    card, columns = bundle.card, forecast.columns
    effective = card.season.effective_days(forecast.as_of, horizon_days)
    prior_p_order = card.prior.p_order(columns, effective)
    prior_odds = log_odds(prior_p_order, forecast.floor_shift)[:, 0]
    prior_money = np.log(card.prior.expected_spend(columns, effective))[:, 0]
    odds, money = _parts(bundle, columns.matrix)
    p_churn = 1.0 - forecast.p_order(horizon_days)
    effects = p_churn[:, None] * odds[:, :-1] + money[:, :-1]
    for row in range(len(table)):
        chosen = strongest(effects[row], top)
        yield Explanation(
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
                    table[bundle.names[place]].iloc[row],
                    card.currency,
                    odds=float(odds[row, place]),
                    money=float(money[row, place]),
                    effect=float(effects[row, place]),
                )
                for place in chosen
            ),
        )


def importance(bundle: PurchaseBundle, table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Mean |what a feature adds| over the table's customers, by model, churn and spend.

    Log odds of an order and log money; features that move nobody are left out. Of a large table
    evenly spread customers stand for all, FEWEST_AVERAGED or more.
    """
    some = table.iloc[:: max(1, len(table) // FEWEST_AVERAGED)]
    by_model = {}
    parts_of_both = _parts(bundle, bundle.feature_matrix(some))
    for model, parts in zip(("churn", "spend"), parts_of_both, strict=True):
        means = np.abs(parts[:, :-1]).sum(axis=0) / max(len(some), 1)
        by_model[model] = {
            name: float(mean) for name, mean in zip(bundle.names, means, strict=True) if mean > 0.0
        }
    return by_model


def _parts(bundle: PurchaseBundle, matrix: Array) -> tuple[Array, Array]:
    """Contributions to log odds and to log money, each multiplied by its shrinkage."""
    card, features = bundle.card, matrix.astype(np.float32)
    return (
        card.churn.strength * contributions(bundle.churn, features),
        card.spend.strength * contributions(bundle.spend, features),
    )
