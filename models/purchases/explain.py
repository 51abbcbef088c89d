"""Why a customer's prediction is what it is: its parts, which add up to it on the link scales.

    log odds of an order in the horizon = prior + level + trees + features
    log of the expected spend           = prior + level + trees + features

The prior is what the probability model's own prediction for the horizon contributes: its log odds,
raised to the probability floor of `models.purchases.churn`, and its log money (so relative to even
odds, and to one unit of money), as far as they are kept beside the fresh trees, and what trees make
of them as columns (`models.purchases.mixture`). The contributions of features are multiplied by
`strength`. The parts are those of `models.attribution.Explanation`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from models.attribution import Explanation, contributions, driver, strongest
from models.boosting import Array, Matrix
from models.purchases.bundle import PurchaseBundle
from models.purchases.forecast import MatrixColumns, PurchaseForecast, tree_matrix

FEWEST_AVERAGED = 5000


def explanations(
    forecast: PurchaseForecast, table: pd.DataFrame, *, horizon_days: int, top: int
) -> Iterator[Explanation]:
    """The parts of the prediction for each customer of a forecast, table of the same rows.

    The drivers come first that move the expected revenue most: its logarithm changes by about
    p_churn times the log odds, plus the log money.
    """
    bundle = forecast.bundle
    card, columns = bundle.card, len(bundle.names)
    effective = card.season.effective_days(forecast.as_of, horizon_days)
    p_order, spend = forecast.prior.p_order_and_spend(effective)
    parts = _parts(bundle, forecast.tree_matrix)
    (by_prior_odds, odds), (by_prior_money, money) = (_apart(each, columns) for each in parts)
    prior_odds = (forecast.prior_log_odds(p_order) + forecast.faded_odds)[:, 0] + by_prior_odds
    prior_money = (np.log(spend) + forecast.faded_spend)[:, 0] + by_prior_money
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
    matrix = bundle.feature_matrix(some)
    prior = bundle.card.prior.forecast(MatrixColumns(matrix, bundle.places))
    read = tree_matrix(matrix, prior, bundle.card)
    for model, parts in zip(("churn", "spend"), _parts(bundle, read), strict=True):
        means = np.abs(parts[:, : len(bundle.names)]).sum(axis=0) / max(len(some), 1)
        by_model[model] = {
            name: float(mean) for name, mean in zip(bundle.names, means, strict=True) if mean > 0.0
        }
    return by_model


def _parts(bundle: PurchaseBundle, features: Matrix) -> tuple[Array, Array]:
    """Contributions to log odds and to log money, each multiplied by its strength."""
    card = bundle.card
    return (
        card.churn.strength * contributions(bundle.churn, features),
        card.spend.strength * contributions(bundle.spend, features),
    )


def _apart(parts: Array, columns: int) -> tuple[Array, Array]:
    """Contributions of the prior's columns in sum, and of the features and the trees' mean."""
    return parts[:, columns:-1].sum(axis=1), np.delete(parts, np.s_[columns:-1], axis=1)
