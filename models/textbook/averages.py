"""The averages that the textbook formulas need, estimated from a log as a marketer would."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from features.config.sections import Economics
from features.timestamps import YEAR_DAYS
from models.segmentation.rfm import net_revenue

PERIODS = (365, 180, 90, 30)
# Orders in a period -> the groups of customers, by their lower bounds.
BANDS = {1: "1", 2: "2", 3: "3 to 4", 5: "5 to 9", 10: "10 or more"}


@dataclass(frozen=True)
class Inputs:
    """Averages over the customers with an order in the last period ("active").

    period_days       length of a period: the last one ends at as_of, another one lies before it
    customers         active customers
    order_value       net revenue an order, money (average order value, AOV)
    orders_per_year   orders of an active customer a year (purchase frequency)
    revenue           net revenue of an active customer in a period, money (ARPU)
    historic_revenue  net revenue of an active customer so far, money
    retention         share of the customers active in the period before who are active in the last
    churn_rate        1 - retention
    lifespan_years    a period over the churn rate; infinite where nobody left
    margin            margin of revenue
    discount          rate of a period
    acquisition_cost, service_cost_annual   money, of a customer
    """

    period_days: int
    customers: int
    order_value: float
    orders_per_year: float
    revenue: float
    historic_revenue: float
    retention: float
    churn_rate: float
    lifespan_years: float
    margin: float
    discount: float
    acquisition_cost: float
    service_cost_annual: float

    @property
    def period_years(self) -> float:
        """Length of a period, years of 365.25 days."""
        return self.period_days / YEAR_DAYS

    @property
    def revenue_per_year(self) -> float:
        """Net revenue of an active customer a year, money."""
        return self.revenue / self.period_years


def longest_period(first: datetime, as_of: datetime) -> int:
    """The longest period, in days, that a log beginning at `first` holds twice before as_of.

    Raises ValueError for a log of less than two of the shortest.
    """
    for days in PERIODS:
        if as_of - first >= timedelta(days=2 * days):
            return days
    raise ValueError(
        f"the textbook formulas need a log of at least {2 * PERIODS[-1]} days before as_of, "
        f"got {(as_of - first).days}"
    )


def estimate(
    table: pd.DataFrame, earlier: pd.DataFrame, economics: Economics, *, period_days: int
) -> Inputs:
    """Feature tables as of now and as of a period earlier -> the averages.

    Raises ValueError where nobody is active in one of the two periods.
    """
    active = table[_orders(table, period_days) > 0]
    retained = returned(table, earlier, period_days)
    if active.empty or retained.empty:
        raise ValueError(
            f"the textbook formulas need customers with an order in each of the last two periods "
            f"of {period_days} days, got {len(active)} and {len(retained)}"
        )
    revenue = float(active[f"revenue_{period_days}d"].sum())
    orders = float(_orders(active, period_days).sum())
    retention, years = float(retained.mean()), period_days / YEAR_DAYS
    return Inputs(
        period_days=period_days,
        customers=len(active),
        order_value=revenue / orders,
        orders_per_year=orders / len(active) / years,
        revenue=revenue / len(active),
        historic_revenue=float(net_revenue(active).mean()),
        retention=retention,
        churn_rate=1.0 - retention,
        lifespan_years=years / (1.0 - retention) if retention < 1.0 else np.inf,
        margin=economics.margin,
        discount=float((1.0 + economics.discount_rate_annual) ** years - 1.0),
        acquisition_cost=economics.acquisition_cost,
        service_cost_annual=economics.retention_cost_annual,
    )


def groups(table: pd.DataFrame, earlier: pd.DataFrame, *, period_days: int) -> pd.DataFrame:
    """The same by orders in a period: index `orders` (text), a row per group.

        customers   active in the last period with so many orders in it
        revenue     net revenue of such a customer in the last period, money; null for none
        before      customers with so many orders in the period before
        retention   share of those who are active in the last period; null where there were none

    Groups are formed by what was known before it showed who stays.
    """
    active = table[_orders(table, period_days) > 0]
    now = active[f"revenue_{period_days}d"].groupby(_bands(_orders(active, period_days)))
    retained = returned(table, earlier, period_days)
    then = retained.groupby(_bands(_orders(earlier, period_days).loc[retained.index]))
    by_orders = pd.DataFrame(
        {
            "customers": now.size(),
            "revenue": now.mean(),
            "before": then.size(),
            "retention": then.mean(),
        }
    )
    by_orders = by_orders.reindex([name for name in BANDS.values() if name in by_orders.index])
    return by_orders.fillna({"customers": 0, "before": 0}).rename_axis("orders")


def returned(table: pd.DataFrame, earlier: pd.DataFrame, period_days: int) -> pd.Series:
    """Of each customer active in the period before: 1.0 with an order in the last one, or 0.0."""
    before = _orders(earlier, period_days)
    now = _orders(table, period_days).reindex(before.index[before > 0])
    return (now > 0).astype(float)


def _orders(table: pd.DataFrame, period_days: int) -> pd.Series:
    return table[f"n_orders_{period_days}d"]


def _bands(orders: pd.Series) -> pd.Series:
    place = np.searchsorted(list(BANDS), orders.to_numpy(dtype=float), side="right") - 1
    return pd.Series(np.array(list(BANDS.values()))[place], index=orders.index)
