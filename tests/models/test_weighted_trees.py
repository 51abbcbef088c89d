from __future__ import annotations

import numpy as np
import pytest

from models.attribution import contributions
from models.boosting import TrainingRows, fit_trees, no_trees, tree_correction
from models.purchases.churn import ChurnModel
from models.tree_arrays import agrees, arrays_of
from models.weighted_trees import weighted_trees

PARAMETERS = ChurnModel(min_child_weight=1.0).xgboost_parameters("binary:logistic")


def rows(seed: int) -> TrainingRows:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(300, 4)).astype(np.float32)
    features[rng.random(features.shape) < 0.1] = np.nan
    target = (rng.random(300) < 1 / (1 + np.exp(-2 * np.nan_to_num(features[:, 0])))).astype(float)
    return TrainingRows(features, target, np.zeros(300), np.zeros(300), np.arange(300))


def test_the_sum_of_the_parts_each_tree_times_its_weight() -> None:
    some, rng = rows(1), np.random.default_rng(3)
    first, second = fit_trees(some, PARAMETERS, 6), fit_trees(rows(2), PARAMETERS, 4)
    parts = [(first, rng.uniform(0.1, 1.0, 6)), (second, rng.uniform(0.1, 1.0, 4))]
    joined = weighted_trees(parts)
    expected = np.zeros(300)
    for booster, weights in parts:
        sums = [tree_correction(booster, some.features, n) for n in range(len(weights) + 1)]
        expected += weights @ np.diff(sums, axis=0)
    assert joined.num_boosted_rounds() == 10
    np.testing.assert_allclose(tree_correction(joined, some.features), expected, atol=1e-5)


def test_what_is_joined_is_walked_and_explained_like_any_booster() -> None:
    some = rows(1)
    joined = weighted_trees([(fit_trees(some, PARAMETERS, 8), np.linspace(1.0, 0.1, 8))])
    assert agrees(arrays_of(joined))
    whole = tree_correction(joined, some.features)
    assert np.ptp(whole) > 0.1
    parts = contributions(joined, some.features)
    np.testing.assert_allclose(parts.sum(axis=1), whole, atol=1e-5)


@pytest.mark.parametrize("rounds", [0, 5])
def test_trees_of_no_weight_are_left_out(rounds: int) -> None:
    some = rows(1)
    parts = [(fit_trees(some, PARAMETERS, rounds), np.zeros(rounds))]
    joined = weighted_trees([*parts, (no_trees(4, "binary:logistic"), np.zeros(0))])
    assert joined.num_boosted_rounds() == 0
    assert (tree_correction(joined, some.features) == 0.0).all()
