"""Trees as arrays are XGBoost's, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost as xgb

from models import bundle as bundles
from models.boosting import no_trees, tree_correction
from models.bundle import BundleError
from models.design_matrix import FEW_ROWS
from models.purchases.bundle import PurchaseBundle
from models.tree_arrays import TreeArrays, agrees, arrays_of, join_trees

COLUMNS = 7


def grown(depth: int, rounds: int, seed: int) -> tuple[xgb.Booster, np.ndarray]:
    """Trees over columns with gaps, and rows on and off their thresholds."""
    rng = np.random.default_rng(seed)
    features = rng.integers(-6, 7, (800, COLUMNS)).astype(np.float32) / np.float32(3)
    features[rng.random(features.shape) < 0.2] = np.nan
    target = np.nan_to_num(features[:, 0] * features[:, 1]) + rng.normal(size=800)
    matrix = xgb.DMatrix(features, label=target)
    settings = {"max_depth": depth, "nthread": 1, "seed": seed, "eta": 0.2}
    return xgb.train(settings, matrix, num_boost_round=rounds), features


@pytest.mark.parametrize(("depth", "rounds"), [(1, 1), (3, 60), (6, 40), (10, 5)])
def test_arrays_and_booster_agree_to_the_last_bit(depth: int, rounds: int) -> None:
    booster, features = grown(depth, rounds, seed=depth)
    found = arrays_of(booster)
    np.testing.assert_array_equal(found.walk(features), tree_correction(booster, features))
    for row in range(0, 60, 7):
        one = features[row : row + 1]
        np.testing.assert_array_equal(found.walk(one), tree_correction(booster, one))


def test_few_rows_and_many_get_the_same_sums() -> None:
    booster, features = grown(4, 30, seed=3)
    found = arrays_of(booster)
    many = found.correction(features[: 3 * FEW_ROWS])
    few = [found.correction(features[row : row + 2]) for row in range(0, 3 * FEW_ROWS, 2)]
    np.testing.assert_array_equal(many, np.concatenate(few))


def test_a_stump_that_never_split_adds_its_one_leaf() -> None:
    matrix = xgb.DMatrix(np.zeros((9, COLUMNS), dtype=np.float32), label=np.arange(9.0))
    booster = xgb.train({"max_depth": 3, "base_score": 0.0}, matrix, num_boost_round=2)
    found = arrays_of(booster)
    assert found.depth == 0
    some = np.ones((3, COLUMNS), dtype=np.float32)
    np.testing.assert_array_equal(found.walk(some), tree_correction(booster, some))


@pytest.mark.parametrize("rows", [0, 1, 2, FEW_ROWS, FEW_ROWS + 1])
def test_forests_that_are_walked_together_add_what_each_adds_alone(rows: int) -> None:
    one, features = grown(4, 30, seed=3)
    other, _ = grown(2, 7, seed=4)
    alone = [arrays_of(each) for each in (one, no_trees(COLUMNS, "reg:gamma"), other)]
    together = join_trees(tuple(alone)).corrections(features[:rows])
    for found, each in zip(together, alone, strict=True):
        np.testing.assert_array_equal(found, tree_correction(each.booster, features[:rows]))


def test_without_trees_nothing_is_added() -> None:
    found = arrays_of(no_trees(COLUMNS, "reg:gamma"))
    assert agrees(found)
    assert (found.correction(np.ones((4, COLUMNS), dtype=np.float32)) == 0).all()


def test_a_wrong_array_is_found_out() -> None:
    found = arrays_of(grown(3, 20, seed=5)[0])
    assert agrees(found)
    leaf, threshold = found.leaf.copy(), found.threshold.copy()
    leaf[np.flatnonzero(leaf)[0]] *= np.float32(1.001)
    threshold[0] = np.nextafter(threshold[0], np.float32(np.inf))
    for wrong in ({"leaf": leaf}, {"threshold": threshold}):
        assert not agrees(TreeArrays(**(vars(found) | wrong)))


def test_a_bundle_whose_trees_are_walked_otherwise_is_refused(bundle: PurchaseBundle) -> None:
    wrong = PurchaseBundle(bundle.card, bundle.churn, bundle.spend)
    churn, spend = bundle.tree_arrays
    wrong.__dict__["tree_arrays"] = (churn, TreeArrays(**(vars(spend) | {"leaf": spend.leaf * 2})))
    with pytest.raises(BundleError, match=r"spend\.ubj: the trees as arrays predict otherwise"):
        bundles.check_trees(wrong, "here")
