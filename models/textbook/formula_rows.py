"""Each textbook formula as a row: worked out from the averages, and in words where it errs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, nan

import pandas as pd

from features.timestamps import MONTH_DAYS, YEAR_DAYS
from models.textbook import formulas
from models.textbook.averages import Inputs

PAYBACK_MONTHS = 240


def formula_rows(known: Inputs, horizon_days: int, facts: Mapping[str, object]) -> pd.DataFrame:
    """The averages -> `Textbook.rows`.

    facts  how far the customers are from being alike, by the names that FORMULAS' words use
    """
    years = horizon_days / YEAR_DAYS
    rows = [_row(formula, known, years, facts) for formula in FORMULAS]
    return pd.DataFrame(rows).set_index("formula")


def _row(
    formula: _Formula, k: Inputs, years: float, facts: Mapping[str, object]
) -> dict[str, object]:
    value, refusal = attempt(lambda: formula.worth(k, inf))
    return {
        "formula": formula.name,
        "value": value - (k.acquisition_cost if formula.after_acquisition else 0.0),
        "over_horizon": attempt(lambda: formula.worth(k, years))[0] if formula.stops else nan,
        "unit": formula.unit,
        "inputs": formula.inputs.format(k=k),
        "fails": refusal or formula.fails.format(k=k, **facts),
    }


def attempt(worked_out: Callable[[], float]) -> tuple[float, str]:
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


def renewal(k: Inputs, years: float) -> float:
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
    return formulas.value_to_cost(renewal(k, inf), acquisition_cost=k.acquisition_cost)


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
        renewal,
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
