"""What is mixed, and in which parts: as the newest snapshot says, of customers not learnt from."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from models.boosting import TrainingRows
from models.boosting_rounds import NO_CURVE
from models.purchases.churn import ChurnModel
from models.purchases.mixture import fresh_rows, prior_alone
from models.purchases.spend import gamma_dispersion

Array = NDArray[np.float64]
MOMENTS = (0.0, 100.0, 200.0)


def snapshots(
    prior: float, features: float, *, seed: int = 0, customers: int = 500
) -> tuple[dict[str, Array], Array]:
    """Three snapshots, and the true log odds: so much of the prior's, so much of a feature."""
    rng = np.random.default_rng(seed)
    rows = customers * len(MOMENTS)
    known = rng.normal(size=(rows, 3)).astype(np.float32)
    start = rng.normal(size=rows)
    truth = prior * start + features * known[:, 0]
    ordered = rng.random(rows) < expit(truth)
    arguments = {
        "X": np.column_stack([known, start]).astype(np.float32),
        "y": 1.0 - ordered,
        "p_order": expit(start),
        "as_of": np.repeat(MOMENTS, customers),
        "customer": np.tile(np.arange(customers), len(MOMENTS)),
    }
    return arguments, truth


def fitted(arguments: dict[str, Array], **settings: float) -> ChurnModel:
    settings = {"max_rounds": 40, "min_child_weight": 5.0, **settings}
    return ChurnModel(**settings).fit(**arguments, horizon_days=90.0)


def error(model: ChurnModel, arguments: dict[str, Array], truth: Array) -> float:
    """How far the log odds are off, root mean square."""
    p_order = model.predict_proba(arguments["X"], p_order=arguments["p_order"])[:, 0]
    return float(np.sqrt(np.mean((np.log(p_order / (1.0 - p_order)) - truth) ** 2)))


@pytest.mark.parametrize("seed", range(2))
def test_a_prior_that_is_wrong_is_given_up_and_one_that_is_right_is_kept(seed: int) -> None:
    wrong = fitted(snapshots(0.0, 1.5, seed=seed)[0])
    right = fitted(snapshots(1.0, 0.0, seed=seed)[0])
    assert wrong.slope_ < 0.5
    assert right.slope_ > 0.9


@pytest.mark.parametrize("prior", [0.0, 1.0])
def test_the_mixture_is_nearer_to_the_truth_than_the_prior(prior: float) -> None:
    model = fitted(snapshots(prior, 1.0)[0])
    fresh, truth = snapshots(prior, 1.0, seed=1)
    alone = ChurnModel().of_prior(4)
    assert error(model, fresh, truth) < 0.8 * error(alone, fresh, truth)


def test_strength_bounds_what_trees_count() -> None:
    arguments, _ = snapshots(0.0, 1.5)
    assert fitted(arguments, strength=0.5).slope_ >= 0.5
    assert fitted(arguments, strength=0.0).slope_ == 1.0
    assert fitted(arguments, strength=0.0).booster_.num_boosted_rounds() == 0


@pytest.mark.parametrize("kept", [slice(0, 500), slice(0, 0)], ids=["one snapshot", "no rows"])
def test_where_there_is_nothing_to_judge_by_the_prior_is_left_alone(kept: slice) -> None:
    arguments, _ = snapshots(0.0, 1.5)
    model = fitted({name: values[kept] for name, values in arguments.items()})
    assert (model.slope_, model.shift_, model.curve_) == (1.0, 0.0, NO_CURVE)


def test_fresh_trees_start_from_the_mean_of_their_snapshot() -> None:
    rng = np.random.default_rng(0)
    sample = TrainingRows(
        np.zeros((6, 1), np.float32),
        np.array([1.0, 3.0, 5.0, 10.0, 20.0, 30.0]),
        rng.normal(size=6),
        np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0]),
        np.arange(6),
    )
    np.testing.assert_allclose(
        np.exp(fresh_rows(sample, "reg:gamma").margin), [3, 3, 3, 20, 20, 20]
    )


def test_the_level_does_not_choose_the_mixture() -> None:
    # Twice as many orders in the newest snapshot, of everybody alike: nothing for trees to say.
    arguments, _ = snapshots(1.0, 0.0)
    busy = arguments["as_of"] == 200.0
    rng = np.random.default_rng(3)
    start = np.log(arguments["p_order"] / (1 - arguments["p_order"]))
    y = np.where(busy, rng.random(len(busy)) > expit(start + 1.0), arguments["y"])
    assert fitted({**arguments, "y": y.astype(float)}).slope_ > 0.8


def test_the_prior_alone_is_the_prior() -> None:
    alone = prior_alone(3, "reg:gamma")
    assert (alone.slope, alone.shift, alone.booster.num_boosted_rounds()) == (1.0, 0.0, 0)


def test_the_dispersion_is_the_gammas() -> None:
    rng = np.random.default_rng(1)
    mean = rng.uniform(10.0, 100.0, 20000)
    revenue = rng.gamma(2.0, mean / 2.0)
    assert gamma_dispersion(revenue, np.log(mean) + 0.7) == pytest.approx(0.5, rel=0.05)
    assert gamma_dispersion(np.empty(0), np.empty(0)) == 1.0
