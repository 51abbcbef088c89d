"""The textbook formulas of customer value, each with what it assumes.

Rates are shares, not percentages: 0.1 for 10 %. Money is in one currency throughout, so a formula's
value grows in step with all of its money. What cannot be is refused with ValueError.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import isfinite


def historic_value(net_revenue: float, *, margin: float) -> float:
    """What a customer has brought so far, money: margin x revenue less refunds.

    Assumes nothing, and says nothing of the future: a lost customer keeps it for ever.
    """
    _finite(net_revenue=net_revenue)
    _share(margin=margin)
    return margin * net_revenue


def order_value_times_lifespan(
    order_value: float, *, orders_per_year: float, lifespan_years: float, margin: float = 1.0
) -> float:
    """Average order value x purchase frequency x lifespan, money per customer.

    Assumes that orders, their value and the lifespan have nothing to do with each other, that
    everybody stays the same number of years and buys at the same pace to the last day, and that
    money later is worth as much as money now.
    """
    _not_negative(order_value=order_value, orders_per_year=orders_per_year)
    return lifespan_value(
        order_value * orders_per_year, lifespan_years=lifespan_years, margin=margin
    )


def lifespan_value(value_per_year: float, *, lifespan_years: float, margin: float = 1.0) -> float:
    """Customer value x lifespan, money per customer; value_per_year is revenue.

    Assumes one lifespan for all, known beforehand, and no discount.
    """
    _not_negative(value_per_year=value_per_year, lifespan_years=lifespan_years)
    _share(margin=margin)
    return margin * value_per_year * lifespan_years


def churned_value(revenue: float, *, churn_rate: float, margin: float = 1.0) -> float:
    """ARPU / churn rate, money per customer.

    revenue     average revenue of a customer in a period (ARPU)
    churn_rate  share of the customers who leave in a period of the same length, (0, 1]

    Assumes that everybody leaves at the same rate, new or old, good or bad, for ever; that the
    first period is certain; and no discount.
    """
    _not_negative(revenue=revenue)
    _share(margin=margin, churn_rate=churn_rate)
    if churn_rate == 0:
        raise ValueError("churn_rate is 0: nobody ever leaves, so the value has no bound")
    return margin * revenue / churn_rate


def renewal_value(
    profit: float,
    *,
    retention: float,
    discount: float,
    growth: float = 0.0,
    acquisition_cost: float = 0.0,
) -> float:
    """Profit x retention / (1 + discount - retention x (1 + growth)) - acquisition cost, money.

    profit     margin in money of the first period; it comes at the period's end, if the customer
               has stayed: the sum over t = 1, 2, ... of profit (1 + growth)^(t-1) retention^t /
               (1 + discount)^t
    retention  share of the customers who stay for one more period, [0, 1]
    discount   rate of a period, >= 0
    growth     of the profit from one period to the next, > -1

    Assumes that everybody stays with the same probability, period after period, for ever.
    """
    _finite(profit=profit)
    denominator = 1.0 + discount - _growing(retention, growth)
    _lasting(denominator, discount, retention, growth)
    _not_negative(acquisition_cost=acquisition_cost)
    return profit * retention / denominator - acquisition_cost


def profitability(
    revenue: float, *, margin: float, service_cost: float, acquisition_cost: float
) -> float:
    """Margin x revenue - cost of serving - cost of winning the customer, money.

    Assumes that the costs are the customer's own; shared ones depend on how they are shared out.
    """
    _finite(revenue=revenue)
    _share(margin=margin)
    _not_negative(service_cost=service_cost, acquisition_cost=acquisition_cost)
    return margin * revenue - service_cost - acquisition_cost


def value_to_cost(value: float, *, acquisition_cost: float) -> float:
    """CLV : CAC, how many times a customer's value pays for the acquisition; no unit.

    value  before the acquisition cost is taken off

    Assumes that the average customer costs what the next one will cost.
    """
    _finite(value=value)
    _not_negative(acquisition_cost=acquisition_cost)
    if acquisition_cost == 0:
        raise ValueError("acquisition_cost is 0: a ratio to no cost has no value")
    return value / acquisition_cost


def payback_month(monthly_profit: Sequence[float], *, acquisition_cost: float) -> int | None:
    """The first month, from 1, by whose end the profit has paid for the acquisition.

    monthly_profit  expected margin in money of each month, for example a prediction's curve
                    (`discounted_value` for a payback in today's money)

    None where it is not paid back within these months; 0 where there was nothing to pay back.
    """
    for place, profit in enumerate(monthly_profit, start=1):
        _finite(**{f"monthly_profit of month {place}": profit})
    _not_negative(acquisition_cost=acquisition_cost)
    if acquisition_cost == 0:
        return 0
    paid = accumulate(monthly_profit)
    return next((month for month, sum_ in enumerate(paid, 1) if sum_ >= acquisition_cost), None)


def _growing(retention: float, growth: float) -> float:
    """What is left of a profit a period later, before discount."""
    _share(retention=retention)
    _finite(growth=growth)
    if growth <= -1:
        raise ValueError(
            f"growth must be more than -1, got {growth:g}; give -0.1 for a fall of 10 %"
        )
    return retention * (1.0 + growth)


def _lasting(denominator: float, discount: float, retention: float, growth: float) -> None:
    _not_negative(discount=discount)
    if denominator <= 1e-12:
        grown = f" x (1 + growth {growth:g})" if growth else ""
        raise ValueError(
            f"retention {retention:g}{grown} must be less than 1 + discount {discount:g}: the "
            "value of such a customer has no bound, so lower one or raise the other"
        )


def _finite(**values: float) -> None:
    for name, value in values.items():
        if not isfinite(value):
            raise ValueError(f"{name} must be a finite number, got {value}")


def _not_negative(**values: float) -> None:
    _finite(**values)
    for name, value in values.items():
        if value < 0:
            raise ValueError(f"{name} must not be negative, got {value:g}")


def _share(**values: float) -> None:
    _finite(**values)
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be a share from 0 to 1, got {value:g}; 10 % is 0.1")
