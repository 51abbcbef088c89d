"""The textbook formulas applied to a transaction log, beside the model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from math import inf, nan

import numpy as np
import pandas as pd

from features.config.sections import Economics
from features.timestamps import YEAR_DAYS
from models.segmentation.rfm import net_revenue
from models.textbook.averages import Inputs, estimate, groups
from models.textbook.formula_rows import attempt, formula_rows, renewal


@dataclass(frozen=True)
class Textbook:
    """The formulas' values of the customers with an order in the last period.

    inputs   the averages that they are computed from
    rows     one per formula, see `textbook`
    groups   customers grouped by orders, see `models.textbook.averages.groups`, with `value` and
             `over_horizon`: the retention formula of such a customer, before
             acquisition, money; it takes them to stay in their group for ever
    pooled   the same of everybody at once, for good, money
    grouped  the mean of the groups' values, weighted by customers; NaN where a group's retention
             is unknown
    uneven   the same where only retention is the group's and revenue is everybody's: pooled below
             it is the aggregate retention bias, since those who leave soon are averaged with
             those who stay
    model    the model's mean clv of the same customers over the horizon, money
    """

    inputs: Inputs
    rows: pd.DataFrame
    groups: pd.DataFrame
    pooled: float
    grouped: float
    uneven: float
    model: float


def textbook(
    table: pd.DataFrame,
    earlier: pd.DataFrame,
    predictions: pd.DataFrame,
    economics: Economics,
    *,
    period_days: int,
    horizon_days: int,
) -> Textbook:
    """Feature tables as of now and a period earlier, and predictions -> every formula's value.

    `rows`, index `formula`:

        value         of a customer for good, in `unit`; null where the formula refuses its inputs
        over_horizon  the same stopped at the horizon and before the acquisition cost, as the
                      model's clv is, money; null where the formula knows no time
        unit          money, times or months
        inputs        what went into it, in words
        fails         the assumption that does not hold here, or why there is no value

    predictions  over the horizon by customer, with `clv`

    Raises ValueError where nobody is active in one of the two periods.
    """
    known = estimate(table, earlier, economics, period_days=period_days)
    by_orders = groups(table, earlier, period_days=period_days)
    years = horizon_days / YEAR_DAYS
    by_orders["value"] = _by_group(known, by_orders, inf)
    by_orders["over_horizon"] = _by_group(known, by_orders, years)
    pooled = attempt(lambda: renewal(known, inf))[0]
    grouped = _mean(by_orders["value"], by_orders)
    active = table[table[f"n_orders_{period_days}d"] > 0]
    facts = _facts(table, active, by_orders, period_days) | {"pooled": pooled, "grouped": grouped}
    return Textbook(
        inputs=known,
        rows=formula_rows(known, horizon_days, facts),
        groups=by_orders,
        pooled=pooled,
        grouped=grouped,
        uneven=_mean(_by_group(known, by_orders.assign(revenue=known.revenue), inf), by_orders),
        model=float(predictions["clv"].reindex(active.index).mean()),
    )


def _by_group(k: Inputs, by_orders: pd.DataFrame, years: float) -> pd.Series:
    """The retention formula of each group, with its own revenue and retention."""
    found = [
        attempt(partial(renewal, replace(k, revenue=revenue, retention=retention), years))[0]
        for revenue, retention in zip(by_orders["revenue"], by_orders["retention"], strict=True)
    ]
    return pd.Series(found, index=by_orders.index)


def _mean(values: pd.Series, by_orders: pd.DataFrame) -> float:
    """Over the active customers; NaN where the value of some is unknown."""
    some = by_orders["customers"] > 0
    return float(np.average(values[some], weights=by_orders.loc[some, "customers"]))


def _facts(
    table: pd.DataFrame, active: pd.DataFrame, by_orders: pd.DataFrame, period_days: int
) -> dict[str, object]:
    """How far the customers are from being alike."""
    revenue, orders = active[f"revenue_{period_days}d"], active[f"n_orders_{period_days}d"]
    net = pd.Series(net_revenue(table), index=table.index)
    known = by_orders.dropna(subset=["retention"])
    return {
        "dormant": 1.0 - _part(net[active.index], net),
        "busiest": _share_of_best_tenth(orders),
        "best": _share_of_best_tenth(revenue),
        "middle": revenue.median(),
        "lowest": known["retention"].iloc[0],
        "highest": known["retention"].iloc[-1],
        "few": known.index[0],
        "many": known.index[-1],
    }


def _share_of_best_tenth(values: pd.Series) -> float:
    return _part(values.nlargest(max(1, round(len(values) / 10))), values)


def _part(some: pd.Series, every: pd.Series) -> float:
    """Share of a sum, NaN of nothing."""
    total = float(every.sum())
    return float(some.sum()) / total if total > 0 else nan
