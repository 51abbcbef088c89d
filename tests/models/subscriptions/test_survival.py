from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.subscriptions.shifted_beta_geometric import Lifetimes, ShiftedBetaGeometric
from models.subscriptions.survival import SurvivalCurve, observed_months

PRIOR = ShiftedBetaGeometric(0.7, 3.8)
TENURE = np.array([0.0, 5.0, 71.0])


def curve(correction: float, months: int) -> SurvivalCurve:
    return SurvivalCurve(PRIOR, TENURE, np.full((3, months), correction))


def test_a_life_is_the_product_of_its_months() -> None:
    lifetimes = Lifetimes(
        np.array([0, 2, 0, 3.0]), np.array([3, 4, 0, 5.0]), np.array([1, 0, 0, 1], bool)
    )
    months = observed_months(lifetimes)
    assert list(months.life) == [0, 0, 0, 1, 1, 3, 3]
    assert list(months.month) == [1, 2, 3, 3, 4, 4, 5]
    assert list(months.left) == [0, 0, 1, 0, 0, 0, 1]
    stay = PRIOR.retention(months.month)
    total = np.log(np.where(months.left > 0, 1 - stay, stay)).sum()
    assert total == pytest.approx(PRIOR.log_likelihood(lifetimes), abs=1e-12)


@pytest.mark.parametrize("months", [1, 12, 40])
def test_no_correction_is_the_prior_at_any_horizon(months: int) -> None:
    for ahead in (0, 1, 7, 12, 60):
        np.testing.assert_allclose(
            curve(0.0, months).survival(ahead),
            PRIOR.conditional_survival(TENURE, ahead),
            rtol=1e-10,
        )


@pytest.mark.parametrize("months", [1, 12, 40])
def test_a_constant_correction_is_another_alpha(months: int) -> None:
    model = PRIOR.corrected(np.full(3, -0.8))
    found = curve(-0.8, months)
    np.testing.assert_allclose(
        found.survival(24), model.conditional_survival(TENURE, 24), rtol=1e-10
    )
    np.testing.assert_allclose(
        found.discounted_months(0.01),
        1 + model.discounted_remaining_life(TENURE, 0.01) / 1.01,
        rtol=1e-9,
    )


def test_discounted_months_are_the_plain_sum() -> None:
    correction = np.random.default_rng(1).normal(0, 1, (3, 6))
    found = SurvivalCurve(PRIOR, TENURE, correction)
    plain = sum(found.survival(ahead) * 1.01**-ahead for ahead in range(3000))
    np.testing.assert_allclose(found.discounted_months(0.01), plain, rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=8), st.floats(0, 30), st.floats(0, 30))
def test_more_time_never_means_more_survival(
    correction: list[float], early: float, more: float
) -> None:
    found = SurvivalCurve(PRIOR, np.array([3.0]), np.array([correction]))
    first, last = found.survival(early)[0], found.survival(early + more)[0]
    assert 0 < last <= first * (1 + 1e-12)
    assert first <= 1
    assert found.survival(0.0)[0] == 1
