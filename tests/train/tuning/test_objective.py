"""Losses of customers and what settings gain, worked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from train.purchases.holdout import PurchaseHoldout
from train.tuning.objective import churn_losses, gain, spend_losses


def holdout(**columns: list[float]) -> PurchaseHoldout:
    """Customers c0, c1, ... as they are evaluated."""
    index = [f"c{each}" for each in range(len(next(iter(columns.values()))))]
    return PurchaseHoldout(
        pd.DataFrame(columns, index=index), datetime(2025, 2, 1, tzinfo=UTC), 30, 0.0, 0.0
    )


def losses(*origins: Mapping[str, float]) -> list[pd.Series[float]]:
    return [pd.Series(dict(each)) for each in origins]


def test_churn_is_evaluated_by_the_log_loss_of_each_customer_worked_by_hand() -> None:
    # two of four ordered, and the probabilities of an order, .8 .2 .6 .4, sum to two
    seen = holdout(churned=[0, 1, 0, 1], p_churn=[0.2, 0.8, 0.4, 0.6])
    expected = -np.log([0.8, 0.8, 0.6, 0.6])
    np.testing.assert_allclose(churn_losses(seen), expected, rtol=1e-6)


def test_spend_is_evaluated_by_the_gamma_deviance_of_returners_worked_by_hand() -> None:
    # y / mu + log mu with mu = 20; the sums are equal: 10 + 30 = 20 + 20
    seen = holdout(churned=[0, 1, 0], revenue=[10.0, 0.0, 30.0], expected_spend=[20.0, 9.0, 20.0])
    found = spend_losses(seen)
    assert list(found.index) == ["c0", "c2"]
    np.testing.assert_allclose(found, [0.5 + np.log(20.0), 1.5 + np.log(20.0)])


def test_the_level_of_the_spend_does_not_matter() -> None:
    known = {"churned": [0, 0], "revenue": [10.0, 30.0]}
    once = spend_losses(holdout(**known, expected_spend=[12.0, 20.0]))
    twice = spend_losses(holdout(**known, expected_spend=[24.0, 40.0]))
    np.testing.assert_allclose(once, twice)


def test_a_sure_and_wrong_probability_costs_much_but_not_everything() -> None:
    found = churn_losses(holdout(churned=[0, 1, 0], p_churn=[1.0, 0.5, 0.0]))
    assert np.isfinite(found).all()
    assert found["c0"] > 10.0


def test_a_gain_worked_by_hand() -> None:
    # falls: a .5 and b 1.5 (mean 1) at the first origin, a -1 at the second; over both: 0
    before = losses({"a": 1.0, "b": 3.0}, {"a": 2.0})
    found = gain([before], [losses({"a": 0.5, "b": 1.5}, {"a": 3.0})])
    assert (found.mean, found.least) == (0.0, -1.0)
    # around the means a is off by -.5 / 2 customers / 2 origins, b by as much upwards
    assert found.sd == pytest.approx(np.sqrt(2 * 0.125**2))


def test_what_differs_from_seed_to_seed_counts_as_noise() -> None:
    # every customer falls by 1 with the first seed and by 3 with the second
    before, after = losses({"a": 5.0, "b": 6.0}), losses({"a": 4.0, "b": 5.0})
    found = gain([before, before], [after, losses({"a": 2.0, "b": 3.0})])
    # the variance of 1 and 3 is 2, of their mean half of that
    assert (found.mean, found.least, found.sd) == (2.0, 2.0, 1.0)
