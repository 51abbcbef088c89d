from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.textbook.formulas import (
    churned_value,
    historic_value,
    lifespan_value,
    order_value_times_lifespan,
    payback_month,
    profitability,
    renewal_value,
    value_to_cost,
)

MONEY = st.floats(0.01, 1e6)
RATE = st.floats(0.0, 0.95)
NAN, INFINITE = float("nan"), float("inf")


def test_what_was_brought_so_far() -> None:
    assert historic_value(800.0, margin=0.3) == pytest.approx(240.0)
    assert historic_value(-50.0, margin=0.3) == pytest.approx(-15.0)  # more came back than was sold


def test_order_value_times_frequency_times_lifespan() -> None:
    # Four orders of 25 a year, for three years: 300, of which 40 % is margin.
    assert order_value_times_lifespan(
        25.0, orders_per_year=4.0, lifespan_years=3.0
    ) == pytest.approx(300.0)
    assert order_value_times_lifespan(
        25.0, orders_per_year=4.0, lifespan_years=3.0, margin=0.4
    ) == pytest.approx(120.0)
    assert lifespan_value(100.0, lifespan_years=3.0) == pytest.approx(300.0)


def test_revenue_over_churn_is_the_sum_of_what_is_left() -> None:
    # 20 a month; 5 % leave a month: they stay 20 months on average, 20 + 19 + 18.05 + ... = 400.
    assert churned_value(20.0, churn_rate=0.05) == pytest.approx(400.0)
    assert sum(20.0 * 0.95**month for month in range(2000)) == pytest.approx(400.0)
    assert churned_value(20.0, churn_rate=1.0, margin=0.5) == pytest.approx(10.0)


def test_profit_while_the_customer_stays() -> None:
    # 25 x 0.9 / (1 + 0.1 - 0.9) = 22.5 / 0.2 = 112.5; it cost 100 to win the customer.
    assert renewal_value(
        25.0, retention=0.9, discount=0.1, acquisition_cost=100.0
    ) == pytest.approx(12.5)
    # Growing by 5 % a year: 22.5 / (1.1 - 0.945) = 22.5 / 0.155.
    assert renewal_value(25.0, retention=0.9, discount=0.1, growth=0.05) == pytest.approx(145.1613)


def test_the_example_that_circulates_as_175_is_37_5() -> None:
    """50 x 0.5 x 1.1 / (1 + 0.1 - 0.9) - 100, a profit of 25 raised once by 10 %."""
    right = 50 * 0.5 * 1.1 / (1 + 0.1 - 0.9) - 100
    assert right == pytest.approx(37.5)
    assert sum(27.5 * 0.9 ** (t - 1) / 1.1**t for t in range(1, 500)) - 100 == pytest.approx(37.5)
    # 175 comes out where the discount is forgotten in the divisor.
    forgotten = 50 * 0.5 * 1.1 / (1 - 0.9) - 100
    assert forgotten == pytest.approx(175.0)
    # Nor does another reading of growth lead to it: raised every year, the first payment certain,
    # or every year and only while the customer stays.
    yearly = 27.5 / (1 + 0.1 - 0.9 * 1.1) - 100
    assert yearly == pytest.approx(150.0)
    assert renewal_value(
        25.0, retention=0.9, discount=0.1, growth=0.1, acquisition_cost=100.0
    ) == pytest.approx(22.5 / 0.11 - 100)


def test_the_acquisition_cost_does_not_belong_into_the_divisor() -> None:
    """Another one that circulates: profit / (acquisition cost + 1 - retention).

    It adds money to a rate, so the same customer has another value in pence than in pounds.
    """

    def circulating(profit: float, cost: float) -> float:
        return profit / (cost + 1 - 0.9)

    def ours(profit: float, cost: float) -> float:
        return renewal_value(profit, retention=0.9, discount=0.1, acquisition_cost=cost)

    assert ours(100 * 25.0, 100 * 100.0) == pytest.approx(100 * ours(25.0, 100.0))
    assert circulating(25.0, 100.0) == pytest.approx(0.24975, abs=1e-5)
    assert circulating(100 * 25.0, 100 * 100.0) == pytest.approx(0.25, abs=1e-5)


def test_profit_net_of_serving_and_winning() -> None:
    # 1,000 at 30 % is 300; 80 to serve, 120 to win.
    assert profitability(
        1000.0, margin=0.3, service_cost=80.0, acquisition_cost=120.0
    ) == pytest.approx(100.0)


def test_value_to_cost_and_payback() -> None:
    assert value_to_cost(300.0, acquisition_cost=100.0) == pytest.approx(3.0)
    assert payback_month([40.0, 30.0, 30.0, 5.0], acquisition_cost=100.0) == 3
    assert payback_month([40.0, 30.0], acquisition_cost=100.0) is None
    assert payback_month([], acquisition_cost=1.0) is None
    assert payback_month([40.0], acquisition_cost=0.0) == 0


@pytest.mark.parametrize(
    ("impossible", "sentence"),
    [
        (lambda: churned_value(20.0, churn_rate=0.0), "churn_rate is 0: nobody ever leaves"),
        (lambda: churned_value(20.0, churn_rate=5.0), "churn_rate must be a share from 0 to 1"),
        (lambda: churned_value(NAN, churn_rate=0.1), "revenue must be a finite number, got nan"),
        (lambda: renewal_value(25.0, retention=1.0, discount=0.0), "must be less than 1 + disc"),
        (
            lambda: renewal_value(25.0, retention=0.9, discount=0.1, growth=0.3),
            "retention 0.9 x (1 + growth 0.3) must be less than 1 + discount 0.1",
        ),
        (lambda: renewal_value(25.0, retention=90.0, discount=0.1), "10 % is 0.1"),
        (lambda: renewal_value(25.0, retention=0.9, discount=-0.1), "discount must not be neg"),
        (
            lambda: renewal_value(25.0, retention=0.9, discount=0.1, growth=-1.0),
            "growth must be more than -1, got -1",
        ),
        (lambda: value_to_cost(300.0, acquisition_cost=0.0), "acquisition_cost is 0"),
        (lambda: value_to_cost(INFINITE, acquisition_cost=1.0), "value must be a finite number"),
        (lambda: payback_month([1.0, NAN], acquisition_cost=1.0), "monthly_profit of month 2"),
        (lambda: payback_month([1.0], acquisition_cost=-1.0), "must not be negative, got -1"),
        (lambda: historic_value(1.0, margin=30.0), "margin must be a share from 0 to 1, got 30"),
        (lambda: lifespan_value(-1.0, lifespan_years=1.0), "value_per_year must not be negative"),
        (
            lambda: order_value_times_lifespan(1.0, orders_per_year=1.0, lifespan_years=-1.0),
            "lifespan_years must not be negative",
        ),
        (
            lambda: profitability(1.0, margin=1.0, service_cost=-2.0, acquisition_cost=0.0),
            "service_cost must not be negative, got -2",
        ),
    ],
)
def test_what_cannot_be_is_one_sentence(impossible: Callable[[], float], sentence: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        impossible()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(MONEY, RATE, st.floats(0.0, 1.0), MONEY, st.floats(0.001, 1000.0))
def test_value_grows_in_step_with_all_money(
    profit: float, retention: float, discount: float, cost: float, scale: float
) -> None:
    one = renewal_value(profit, retention=retention, discount=discount, acquisition_cost=cost)
    other = renewal_value(
        scale * profit, retention=retention, discount=discount, acquisition_cost=scale * cost
    )
    assert other == pytest.approx(scale * one, rel=1e-9, abs=1e-6 * scale)


@settings(max_examples=60, deadline=None)
@given(MONEY, RATE, st.floats(0.01, 1.0), st.floats(-0.5, 0.05))
def test_a_closed_form_is_its_own_sum(
    profit: float, retention: float, discount: float, growth: float
) -> None:
    ratio = retention * (1 + growth) / (1 + discount)
    plain = sum(profit / (1 + growth) * ratio**t for t in range(1, 3000))
    assert renewal_value(
        profit, retention=retention, discount=discount, growth=growth
    ) == pytest.approx(plain, rel=1e-9, abs=1e-9)
