from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import clone

from models.subscriptions.churn import MonthlyChurnModel

Array = NDArray[np.float64]


def months(rows: int = 3000, seed: int = 0) -> tuple[NDArray[np.float32], Array, Array, Array]:
    """Features, whether the customer left, the prior's log odds, and what it overlooks."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 2)).astype(np.float32)
    overlooked = np.where(features[:, 0] > 0, 1.0, -1.0)
    prior = np.full(rows, -2.0)
    left = (rng.random(rows) < expit(prior + overlooked)).astype(float)
    return features, left, prior, overlooked


@pytest.mark.parametrize("dated", [False, True])
def test_what_the_prior_overlooks_is_learnt(dated: bool) -> None:
    features, left, prior, overlooked = months()
    customer = np.arange(len(left))
    recent = customer >= 2000 if dated else None
    model = MonthlyChurnModel(max_rounds=40, strength=1.0)
    model.fit(features, left, log_odds=prior, customer=customer, recent=recent)
    assert model.curve_.chosen > 0
    proba = model.predict_proba(features, log_odds=prior)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    moved = np.log(proba[:, 1] / proba[:, 0]) - prior
    assert moved[overlooked > 0].mean() > 0.5
    assert moved[overlooked < 0].mean() < -0.5
    assert set(model.predict(features, log_odds=prior)) <= {0, 1}


def test_where_nothing_is_overlooked_there_are_no_trees() -> None:
    features, _, prior, _ = months()
    left = (np.random.default_rng(1).random(len(prior)) < expit(prior)).astype(float)
    model = MonthlyChurnModel(max_rounds=40, strength=1.0)
    model.fit(features, left, log_odds=prior, customer=np.arange(len(left)))
    assert model.curve_.chosen == 0
    np.testing.assert_allclose(model.predict_proba(features, log_odds=prior)[:, 1], expit(prior))


def test_the_newest_months_choose_and_do_not_teach() -> None:
    """What holds in the older months only adds no rounds."""
    features, left, prior, _ = months()
    recent = np.arange(len(left)) >= 1500
    rng = np.random.default_rng(2)
    left = np.where(recent, rng.random(len(left)) < expit(prior), left).astype(float)
    arguments = {"log_odds": prior, "customer": np.arange(len(left))}
    chosen = MonthlyChurnModel(max_rounds=40, strength=1.0).fit(
        features, left, recent=recent, **arguments
    )
    blind = MonthlyChurnModel(max_rounds=40, strength=1.0).fit(features, left, **arguments)
    assert chosen.curve_.chosen < blind.curve_.chosen


def test_the_estimator_keeps_the_rules_of_its_kind() -> None:
    model = MonthlyChurnModel(max_rounds=3, strength=0.7, random_state=5)
    again = clone(model)
    assert again.get_params() == model.get_params()
    features, left, prior, _ = months(400)
    arguments = {"log_odds": prior, "customer": np.arange(len(left))}
    one, two = (each.fit(features, left, **arguments) for each in (model, again))
    assert one is model
    assert list(one.classes_) == [0, 1]
    assert one.booster_.save_raw("json") == two.booster_.save_raw("json")
