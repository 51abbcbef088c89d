from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone

from models.boosting import TrainingRows, fit_trees, log_loss, no_trees, tree_correction
from models.boosting_rounds import NO_CURVE, RoundsCurve, choose_rounds
from models.prior_boosted import PriorBoosted
from models.purchases.churn import ChurnModel
from models.purchases.spend import SpendModel

Array = NDArray[np.float64]
ESTIMATORS = (ChurnModel, SpendModel)
OBJECTIVE = "binary:logistic"
PARAMETERS = ChurnModel(min_child_weight=1.0).xgboost_parameters(OBJECTIVE)


def sample(
    customers: int, moments: tuple[float, ...], *, signal: float, seed: int = 0
) -> TrainingRows:
    """Who orders: log odds of -0.5, plus `signal` times the first of five features."""
    rng = np.random.default_rng(seed)
    rows = customers * len(moments)
    features = rng.normal(size=(rows, 5)).astype(np.float32)
    margin = np.full(rows, -0.5)
    chance = 1 / (1 + np.exp(-margin - signal * features[:, 0]))
    return TrainingRows(
        features,
        (rng.random(rows) < chance).astype(float),
        margin,
        np.repeat(moments, customers),
        np.tile(np.arange(customers), len(moments)),
    )


def chosen(some: TrainingRows, *, most: int = 40, horizon_days: float = 90.0) -> RoundsCurve:
    return choose_rounds(
        some, PARAMETERS, log_loss, horizon_days=horizon_days, strength=0.5, most=most
    )


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_an_estimator_only_stores_what_it_is_told(estimator: type[PriorBoosted]) -> None:
    arguments = {"max_rounds": 7, "learning_rate": 0.2, "max_depth": 2, "min_child_weight": 3.0}
    arguments |= {"subsample": 0.9, "colsample_bytree": 0.8, "reg_lambda": 2.0, "max_bin": 32}
    arguments |= {"strength": 1.0, "random_state": 11}
    model = estimator(**arguments)
    assert vars(model) == model.get_params() == arguments
    again = clone(model)
    assert again is not model
    assert again.get_params() == arguments
    assert clone(model).set_params(max_depth=5).max_depth == 5
    assert vars(model) == arguments


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_xgboost_is_told_its_own_settings_only(estimator: type[PriorBoosted]) -> None:
    arguments = estimator(max_depth=4, random_state=5).xgboost_parameters(OBJECTIVE)
    assert arguments["max_depth"] == 4
    assert arguments["seed"] == 5
    assert arguments["objective"] == OBJECTIVE
    assert not arguments.keys() & {"max_rounds", "strength", "random_state"}


def test_no_trees_correct_nothing() -> None:
    features = np.ones((3, 4), dtype=np.float32)
    for objective in ("binary:logistic", "reg:gamma"):
        booster = no_trees(4, objective)
        assert booster.num_boosted_rounds() == 0
        assert (tree_correction(booster, features) == 0).all()


def test_zero_rounds_are_legal_and_correct_nothing() -> None:
    some = sample(30, (0.0,), signal=2.0)
    assert (tree_correction(fit_trees(some, PARAMETERS, 0), some.features) == 0).all()


def test_the_correction_is_what_is_added_to_the_margin() -> None:
    some = sample(200, (0.0,), signal=2.0)
    booster = fit_trees(some, PARAMETERS, 10)
    assert booster.num_boosted_rounds() == 10
    whole = booster.inplace_predict(
        some.features, predict_type="margin", base_margin=some.margin.astype(np.float32)
    )
    np.testing.assert_allclose(
        some.margin + tree_correction(booster, some.features), whole, rtol=1e-5, atol=1e-6
    )
    assert tree_correction(booster, some.features[:0]).shape == (0,)


def test_fewer_rounds_are_the_first_rounds_of_more() -> None:
    some = sample(200, (0.0,), signal=2.0)
    many, few = fit_trees(some, PARAMETERS, 10), fit_trees(some, PARAMETERS, 4)
    np.testing.assert_array_equal(
        tree_correction(many, some.features, 4), tree_correction(few, some.features)
    )
    assert (tree_correction(many, some.features, 0) == 0).all()


def test_a_row_is_corrected_alike_in_any_company() -> None:
    some = sample(300, (0.0,), signal=2.0)
    booster = fit_trees(some, PARAMETERS, 10)
    together = tree_correction(booster, some.features)
    alone = [tree_correction(booster, some.features[row : row + 1])[0] for row in range(20)]
    np.testing.assert_array_equal(together[:20], alone)


def test_the_same_seed_gives_the_same_booster_to_the_byte() -> None:
    some = sample(200, (0.0,), signal=2.0)
    first, again, other = (
        fit_trees(some, PARAMETERS | {"seed": seed}, 10).save_raw() for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("seed", range(3))
def test_noise_gets_no_rounds(seed: int) -> None:
    assert chosen(sample(300, (0.0, 100.0, 200.0), signal=0.0, seed=seed)).chosen == 0


def test_a_signal_gets_rounds_and_loses_less() -> None:
    curve = chosen(sample(400, (0.0, 100.0, 200.0), signal=2.0))
    assert curve.rounds == (0, 5, 10, 20, 30, 40)
    assert curve.chosen >= 10
    losses = dict(zip(curve.rounds, curve.deviance, strict=True))
    assert losses[curve.chosen] < losses[0] - 0.05


def test_snapshots_that_had_not_matured_by_the_newest_teach_nothing() -> None:
    # The signal turns round after the first two snapshots. With a horizon of ninety days only those
    # two are over by the newest, and what they teach is wrong; with ten days the others are too.
    early = sample(300, (0.0, 30.0), signal=2.0)
    late = sample(300, (150.0, 160.0, 170.0, 180.0, 200.0), signal=-2.0, seed=1)
    columns = ("features", "target", "margin", "as_of", "customer")
    both = TrainingRows(
        *(np.concatenate([getattr(each, name) for each in (early, late)]) for name in columns)
    )
    assert chosen(both, horizon_days=90.0).chosen == 0
    assert chosen(both, horizon_days=10.0).chosen > 0


def test_where_fewer_than_two_have_matured_all_older_snapshots_teach() -> None:
    some = sample(300, (150.0, 180.0, 200.0), signal=2.0)
    assert chosen(some, horizon_days=45.0).chosen > 0
    assert chosen(some, horizon_days=45.0) == chosen(some, horizon_days=1.0)


def test_rounds_are_judged_on_other_customers() -> None:
    # A feature that names the customer, and customers who never change: known by heart, not learnt.
    rng = np.random.default_rng(2)
    names = np.tile(rng.permutation(300), 3)
    fate = (rng.random(300) < 0.5).astype(float)
    by_heart = TrainingRows(
        names[:, None].astype(np.float32),
        fate[names],
        np.zeros(900),
        np.repeat([0.0, 100.0, 200.0], 300),
        names,
    )
    learnt = 0.5 * tree_correction(fit_trees(by_heart, PARAMETERS, 40), by_heart.features)
    assert log_loss(by_heart.target, learnt).mean() < 0.67
    assert min(chosen(by_heart).deviance) > 0.68


@pytest.mark.parametrize(
    "some",
    [
        sample(50, (0.0,), signal=2.0),
        sample(50, (), signal=2.0),
        sample(1, (0.0, 100.0, 200.0), signal=2.0),
    ],
    ids=["one snapshot", "no snapshot", "one customer"],
)
def test_where_there_is_nothing_to_judge_by_no_rounds_are_chosen(some: TrainingRows) -> None:
    assert chosen(some) == NO_CURVE


def test_customers_of_one_fold_leave_nobody_to_learn_from() -> None:
    some = sample(20, (0.0, 100.0, 200.0), signal=2.0)
    alike = TrainingRows(some.features, some.target, some.margin, some.as_of, some.customer * 3)
    assert chosen(alike) == NO_CURVE


def test_no_rounds_allowed_are_none_chosen() -> None:
    assert chosen(sample(50, (0.0, 100.0, 200.0), signal=2.0), most=0) == NO_CURVE


def test_many_customers_are_judged_by_some_the_same_in_every_snapshot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("models.boosting_rounds.MOST_EVALUATED", 100)
    some = sample(400, (0.0, 100.0, 200.0), signal=3.0)
    kept = some.customer // 3 % 4 == 0
    assert 90 < kept.sum() / 3 < 110
    assert chosen(some) == chosen(some.at(kept))
