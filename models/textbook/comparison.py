"""The textbook formulas applied to a log, beside the model: what they say and where they err."""

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
from models.textbook.rows import attempt, renewal, rows


@dataclass(frozen=True)
class Textbook:
    """What the formulas say of the customers with an order in the last period.

    inputs   the averages that they are fed with
    rows     one per formula, see `textbook`
    groups   customers told apart by orders, see `textbook_inputs.groups`, with `value` and
             `over_horizon`: what the retention formula says of such a customer, before
             acquisition, money; it takes them to stay in their group for ever
    pooled   what it says of everybody at once, for good, money
    grouped  the mean of what it says of each group, weighted by customers; NaN where it does not
             know a group's retention
    uneven   the same where only retention is told apart and revenue is everybody's: pooled below
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
    answers: pd.DataFrame,
    economics: Economics,
    *,
    period_days: int,
    horizon_days: int,
) -> Textbook:
    """Feature tables as of now and a period earlier, and predictions -> what every formula says.

    `rows`, index `formula`:

        value         of a customer for good, in `unit`; null where the formula refuses its inputs
        over_horizon  the same stopped at the horizon and before the acquisition cost, as the
                      model's clv is, money; null where the formula knows no time
        unit          money, times or months
        inputs        what went into it, in words
        fails         the assumption that does not hold here, or why there is no value

    answers  predictions over the horizon by customer, with `clv`

    Raises ValueError where nobody is active in one of the two periods.
    """
    known = estimate(table, earlier, economics, period_days=period_days)
    apart = groups(table, earlier, period_days=period_days)
    years = horizon_days / YEAR_DAYS
    apart["value"] = _told_apart(known, apart, inf)
    apart["over_horizon"] = _told_apart(known, apart, years)
    pooled = attempt(lambda: renewal(known, inf))[0]
    grouped = _mean(apart["value"], apart)
    active = table[table[f"n_orders_{period_days}d"] > 0]
    facts = _facts(table, active, apart, period_days) | {"pooled": pooled, "grouped": grouped}
    return Textbook(
        inputs=known,
        rows=rows(known, horizon_days, facts),
        groups=apart,
        pooled=pooled,
        grouped=grouped,
        uneven=_mean(_told_apart(known, apart.assign(revenue=known.revenue), inf), apart),
        model=float(answers["clv"].reindex(active.index).mean()),
    )


def _told_apart(k: Inputs, apart: pd.DataFrame, years: float) -> pd.Series:
    """The retention formula of each group, with its own revenue and retention."""
    found = [
        attempt(partial(renewal, replace(k, revenue=revenue, retention=retention), years))[0]
        for revenue, retention in zip(apart["revenue"], apart["retention"], strict=True)
    ]
    return pd.Series(found, index=apart.index)


def _mean(values: pd.Series, apart: pd.DataFrame) -> float:
    """Over the active customers; NaN where the value of some is unknown."""
    some = apart["customers"] > 0
    return float(np.average(values[some], weights=apart.loc[some, "customers"]))


def _facts(
    table: pd.DataFrame, active: pd.DataFrame, apart: pd.DataFrame, period_days: int
) -> dict[str, object]:
    """How far the customers are from being alike."""
    revenue, orders = active[f"revenue_{period_days}d"], active[f"n_orders_{period_days}d"]
    net = pd.Series(net_revenue(table), index=table.index)
    known = apart.dropna(subset=["retention"])
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
