from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.purchases.spend import LEAST_REVENUE, SpendModel, gamma_deviance

Array = NDArray[np.float64]


def snapshots(
    signal: float, seed: int = 0, customers: int = 400
) -> tuple[dict[str, Array], Array, Array]:
    """Three snapshots of returners; the prior is right but for a feature it does not know."""
    rng = np.random.default_rng(seed)
    rows = 3 * customers
    features = rng.normal(size=(rows, 4)).astype(np.float32)
    spend = rng.gamma(2.0, 50.0, rows)
    truth = spend * np.exp(signal * features[:, 0])
    arguments = {
        "X": features,
        "y": rng.gamma(2.0, truth / 2.0),
        "spend": spend,
        "as_of": np.repeat([0.0, 100.0, 200.0], customers),
        "customer": np.tile(np.arange(customers), 3),
    }
    return arguments, spend, truth


def fitted(arguments: dict[str, Array], **settings: float) -> SpendModel:
    return SpendModel(min_child_weight=1.0, **settings).fit(**arguments, horizon_days=90.0)


def test_zero_rounds_are_the_prior() -> None:
    arguments, spend, _ = snapshots(signal=1.0)
    found = fitted(arguments, max_rounds=0).predict(arguments["X"], spend=spend)
    np.testing.assert_allclose(found, spend, rtol=1e-12)


def test_no_strength_is_the_prior() -> None:
    arguments, spend, _ = snapshots(signal=1.0)
    found = fitted(arguments, max_rounds=20, strength=0.0).predict(arguments["X"], spend=spend)
    np.testing.assert_allclose(found, spend, rtol=1e-12)


def test_a_signal_improves_on_the_prior_among_customers_not_seen() -> None:
    arguments, _, _ = snapshots(signal=1.0)
    fresh, spend, truth = snapshots(signal=1.0, seed=1)
    found = fitted(arguments, max_rounds=40).predict(fresh["X"], spend=spend)
    error = [np.abs(np.log(each / truth)).mean() for each in (found, spend)]
    assert error[0] < 0.8 * error[1]


@pytest.mark.parametrize("seed", range(2))
def test_noise_hardly_moves_the_prior(seed: int) -> None:
    arguments, spend, _ = snapshots(signal=0.0, seed=seed)
    found = fitted(arguments, max_rounds=40).predict(arguments["X"], spend=spend)
    assert np.abs(np.log(found / spend)).mean() < 0.05


def test_the_prediction_is_a_mean_not_a_median() -> None:
    # Gamma revenue of shape 2: its median is 16 % below its mean. Nothing but noise to learn from,
    # and a prior that is right: with full strength and trees the total must still be right.
    arguments, spend, _ = snapshots(signal=1.0, customers=1500)
    model = fitted(arguments, max_rounds=60, learning_rate=0.3, strength=1.0)
    found = model.predict(arguments["X"], spend=spend)
    assert found.sum() / arguments["y"].sum() == pytest.approx(1, abs=0.05)


def test_the_same_seed_gives_the_same_model() -> None:
    arguments, _, _ = snapshots(signal=1.0)
    first, again = (fitted(arguments, max_rounds=20) for _ in range(2))
    assert first.curve_ == again.curve_
    assert first.booster_.save_raw() == again.booster_.save_raw()


@pytest.mark.parametrize("revenue", [0.0, -250.0])
def test_revenue_that_refunds_ate_up_counts_as_next_to_nothing(revenue: float) -> None:
    arguments, spend, _ = snapshots(signal=1.0)
    eaten = arguments["X"][:, 1] > 1.0
    nothing = {**arguments, "y": np.where(eaten, revenue, arguments["y"])}
    least = {**arguments, "y": np.where(eaten, LEAST_REVENUE, arguments["y"])}
    model = fitted(nothing, max_rounds=20)
    assert model.booster_.save_raw() == fitted(least, max_rounds=20).booster_.save_raw()
    found = model.predict(arguments["X"], spend=spend)
    assert (np.isfinite(found) & (found > 0)).all()
    share = found / spend
    assert share[eaten].mean() < share[~eaten].mean()


def test_returners_of_one_fold_only_leave_the_prior_alone() -> None:
    arguments, _, _ = snapshots(signal=1.0, customers=20)
    model = fitted({**arguments, "customer": arguments["customer"] * 3}, max_rounds=20)
    assert model.curve_.chosen == 0


@pytest.mark.parametrize("level", [-8.0, 0.0, 8.0])
def test_gamma_deviance_does_not_mind_the_level(level: float) -> None:
    rng = np.random.default_rng(4)
    revenue, margin = rng.gamma(2.0, 50.0, 60), rng.normal(4.0, 1.0, 60)
    np.testing.assert_allclose(
        gamma_deviance(revenue, margin + level), gamma_deviance(revenue, margin)
    )


def test_gamma_deviance_prefers_the_truth() -> None:
    rng = np.random.default_rng(5)
    truth = rng.gamma(2.0, 50.0, 4000)
    revenue = rng.gamma(2.0, truth / 2.0)
    right, flat, inverse = (
        gamma_deviance(revenue, margin).sum()
        for margin in (np.log(truth), np.zeros(4000), -np.log(truth))
    )
    assert right < flat < inverse


def test_gamma_deviance_of_nobody_is_nothing() -> None:
    assert gamma_deviance(np.empty(0), np.empty(0)).shape == (0,)
