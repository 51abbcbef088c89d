"""The textbook formulas applied to a transaction log, beside the model, and where they err."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import inf, nan

import numpy as np
import pandas as pd

from features.config.sections import Economics
from features.timestamps import MONTH_DAYS, YEAR_DAYS
from models.segmentation.rfm import net_revenue
from models.textbook import formulas
from models.textbook.averages import Inputs, estimate, groups

PAYBACK_MONTHS = 240


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
    pooled = _attempt(lambda: _renewal(known, inf))[0]
    grouped = _mean(by_orders["value"], by_orders)
    active = table[table[f"n_orders_{period_days}d"] > 0]
    facts = _facts(table, active, by_orders, period_days) | {"pooled": pooled, "grouped": grouped}
    return Textbook(
        inputs=known,
        rows=_rows(known, horizon_days, facts),
        groups=by_orders,
        pooled=pooled,
        grouped=grouped,
        uneven=_mean(_by_group(known, by_orders.assign(revenue=known.revenue), inf), by_orders),
        model=float(predictions["clv"].reindex(active.index).mean()),
    )


def _by_group(k: Inputs, by_orders: pd.DataFrame, years: float) -> pd.Series:
    """The retention formula of each group, with its own revenue and retention."""
    found = [
        _attempt(partial(_renewal, replace(k, revenue=revenue, retention=retention), years))[0]
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


def _rows(known: Inputs, horizon_days: int, facts: Mapping[str, object]) -> pd.DataFrame:
    """The averages -> `Textbook.rows`.

    facts  how far the customers are from being alike, by the names that FORMULAS' words use
    """
    years = horizon_days / YEAR_DAYS
    rows = [_row(formula, known, years, facts) for formula in FORMULAS]
    return pd.DataFrame(rows).set_index("formula")


def _attempt(worked_out: Callable[[], float]) -> tuple[float, str]:
    """A formula's value, or NaN and its reason for refusing."""
    try:
        return worked_out(), ""
    except ValueError as refusal:
        return nan, str(refusal)


def _historic(k: Inputs, years: float) -> float:
    return formulas.historic_value(k.historic_revenue, margin=k.margin)


def _order_value(k: Inputs, years: float) -> float:
    return formulas.order_value_times_lifespan(
        k.order_value,
        orders_per_year=k.orders_per_year,
        lifespan_years=min(k.lifespan_years, years),
        margin=k.margin,
    )


def _customer_value(k: Inputs, years: float) -> float:
    return formulas.lifespan_value(
        k.revenue_per_year, lifespan_years=min(k.lifespan_years, years), margin=k.margin
    )


def _churned(k: Inputs, years: float) -> float:
    whole = formulas.churned_value(k.revenue, churn_rate=k.churn_rate, margin=k.margin)
    return whole * _until(k.retention, years, k)


def _renewal(k: Inputs, years: float) -> float:
    """The retention formula, within so many years (infinite: for good), before acquisition."""
    whole = formulas.renewal_value(k.margin * k.revenue, retention=k.retention, discount=k.discount)
    return whole * _until(k.retention / (1.0 + k.discount), years, k)


def _until(retained: float, years: float, k: Inputs) -> float:
    """Part of a geometric value that comes within the years, `retained` of it left a period."""
    return float(1.0 - retained ** (years / k.period_years))


def _profit(k: Inputs, years: float) -> float:
    lifespan = min(k.lifespan_years, years)
    return formulas.profitability(
        formulas.lifespan_value(k.revenue_per_year, lifespan_years=lifespan),
        margin=k.margin,
        service_cost=k.service_cost_annual * lifespan,
        acquisition_cost=0.0,
    )


def _ratio(k: Inputs, years: float) -> float:
    return formulas.value_to_cost(_renewal(k, inf), acquisition_cost=k.acquisition_cost)


def _payback(k: Inputs, years: float) -> float:
    month = MONTH_DAYS / YEAR_DAYS / k.period_years
    profit = k.margin * k.revenue * month
    monthly = [profit * k.retention ** (place * month) for place in range(PAYBACK_MONTHS)]
    payback = formulas.payback_month(monthly, acquisition_cost=k.acquisition_cost)
    if payback is None:
        raise ValueError(f"not paid back within {PAYBACK_MONTHS} months")
    return float(payback)


@dataclass(frozen=True)
class _Formula:
    """One row: how it is worked out, and its words, filled in with the inputs and the facts."""

    name: str
    worth: Callable[[Inputs, float], float]
    inputs: str
    fails: str
    unit: str = "money"
    stops: bool = True
    after_acquisition: bool = False


LIFESPAN = "lifespan {k.lifespan_years:.2f} years, margin {k.margin:.0%}"
RETENTION = "retention {k.retention:.1%} in {k.period_days} days"
COST = "acquisition cost {k.acquisition_cost:,.2f}"
FORMULAS = (
    _Formula(
        "historic CLV",
        _historic,
        "{k.historic_revenue:,.2f} so far, margin {k.margin:.0%}",
        "that the past goes on: {dormant:.0%} of all revenue so far is of customers who have not "
        "ordered in the last {k.period_days} days",
        stops=False,
    ),
    _Formula(
        "order value x frequency x lifespan",
        _order_value,
        "{k.order_value:,.2f} an order, {k.orders_per_year:.2f} orders a year, " + LIFESPAN,
        "that everybody buys at one pace: the busiest decile makes {busiest:.0%} of the orders",
    ),
    _Formula(
        "customer value x lifespan",
        _customer_value,
        "{k.revenue_per_year:,.2f} a year, " + LIFESPAN,
        "that the average is somebody: the best decile brings {best:.0%} of the revenue, the "
        "customer in the middle {middle:,.2f} in {k.period_days} days",
    ),
    _Formula(
        "ARPU / churn rate",
        _churned,
        "{k.revenue:,.2f} and churn {k.churn_rate:.1%} in {k.period_days} days, "
        "margin {k.margin:.0%}",
        "that all leave at one rate: {lowest:.1%} return of those whose orders in a period were "
        "{few}, {highest:.1%} where they were {many}",
    ),
    _Formula(
        "profit x retention / (1 + discount - retention) - acquisition cost",
        _renewal,
        f"{RETENTION}, discount {{k.discount:.1%}}, no growth, {COST}",
        "that all stay with one probability: the same formula for customers grouped by orders "
        "says {grouped:,.2f} on average, not {pooled:,.2f}, before the acquisition cost",
        after_acquisition=True,
    ),
    _Formula(
        "profit - service cost - acquisition cost",
        _profit,
        f"{LIFESPAN}, service {{k.service_cost_annual:,.2f}} a year, {COST}",
        "that costs are alike: what serving and winning cost is known as an average only",
        after_acquisition=True,
    ),
    _Formula(
        "CLV : CAC",
        _ratio,
        f"{RETENTION}, {COST}",
        "that the next customer is like the average one who is still there",
        unit="times",
        stops=False,
    ),
    _Formula(
        "payback month",
        _payback,
        f"{RETENTION}, {COST}",
        "that revenue comes evenly: half of the customers bring {middle:,.2f} or less in "
        "{k.period_days} days",
        unit="months",
        stops=False,
    ),
)


def _row(
    formula: _Formula, k: Inputs, years: float, facts: Mapping[str, object]
) -> dict[str, object]:
    value, refusal = _attempt(lambda: formula.worth(k, inf))
    return {
        "formula": formula.name,
        "value": value - (k.acquisition_cost if formula.after_acquisition else 0.0),
        "over_horizon": _attempt(lambda: formula.worth(k, years))[0] if formula.stops else nan,
        "unit": formula.unit,
        "inputs": formula.inputs.format(k=k),
        "fails": refusal or formula.fails.format(k=k, **facts),
    }
