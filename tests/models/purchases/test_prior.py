from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from features.ingest.canonical import canonical_lines
from features.purchases.table import build_features
from features.simulate import Behaviour, simulate
from models.metrics import churn_metrics
from models.purchases.bg_nbd import PurchaseModel
from models.purchases.gamma_gamma import GammaGamma
from models.purchases.prior import Prior, fit_classical, fit_mbg, fit_prior, purchase_histories

Array = NDArray[np.float64]
AS_OF = datetime(2025, 1, 1, tzinfo=UTC)
HORIZONS = (1, 7, 30, 90, 180, 365, 730, 3650)
# Two purchase days thirty days apart, thirty days ago; every other column is a decoy.
ANN = pd.DataFrame(
    {
        "recency_days": 999.0,
        "n_orders": 999.0,
        "active_days": 999.0,
        "repeat_days": 1.0,
        "last_repeat_days": 30.0,
        "age_days": 60.0,
        "monetary_mean": 999.0,
        "repeat_value_mean": 12.0,
        "day_value_mean": 20.0,
    },
    index=pd.Index(["ann"], name="customer_id"),
)
PURCHASES = PurchaseModel("bg", r=1.0, alpha=30.0, a=2.0, b=2.0)
VALUE = GammaGamma(2.0, 3.0, 10.0)


def simulated(customers: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The feature table of a simulated log, and the truth about its customers."""
    simulation = simulate(customers=customers, seed=seed, as_of=AS_OF, horizon_days=90)
    return build_features(canonical_lines(simulation.transactions, "UTC"), AS_OF), simulation.truth


def test_one_customer_worked_by_hand() -> None:
    # Odds of having left: a / b * ((30 + 60) / (30 + 30))^2 = 9/4, so P(alive) = 4/13. Alive, no
    # purchase within 90 days has (90 / 180)^2 = 1/4: P(order) = 4/13 * 3/4 = 3/13.
    # With theta ~ Beta(2, 3) and g = (1 - (1 + theta)^-2) / theta = (2 + theta) / (1 + theta)^2,
    # E[g] = 12 int theta (1 - theta)^2 (2 + theta) / (1 + theta)^2 = 48 ln 2 - 32 = 1.271.
    # Both days: 2 (10 + 40) / (4 + 2) = 50/3 a day; the repeat day: 2 (10 + 12) / (2 + 2) = 11.
    days = 48 * np.log(2) - 32
    all_days, repeats = Prior(PURCHASES, VALUE, "all"), Prior(PURCHASES, VALUE, "repeat")
    assert all_days.p_order(ANN, 90)[0] == pytest.approx(3 / 13)
    assert all_days.expected_days(ANN, 90)[0] == pytest.approx(4 / 13 * days)
    assert all_days.expected_spend(ANN, 90)[0] == pytest.approx(4 / 3 * days * 50 / 3)
    assert all_days.expected_revenue(ANN, 90)[0] == pytest.approx(4 / 13 * days * 50 / 3)
    assert repeats.expected_spend(ANN, 90)[0] == pytest.approx(4 / 3 * days * 11)


def test_who_bought_once_has_a_value_in_either_reading() -> None:
    # All days: 2 (10 + 20) / (2 + 2) = 15. Repeat days, of which there is none: 2 * 10 / 2 = 10.
    once = ANN.assign(repeat_days=0.0, last_repeat_days=0.0, repeat_value_mean=np.nan)
    found = {
        days: Prior(PURCHASES, VALUE, days).expected_spend(once, 90)[0]
        / Prior(PURCHASES, VALUE, days).expected_days(once, 90)[0]
        * Prior(PURCHASES, VALUE, days).p_order(once, 90)[0]
        for days in ("all", "repeat")
    }
    assert found == {"all": pytest.approx(15.0), "repeat": pytest.approx(10.0)}


@pytest.mark.parametrize("seed", range(2))
def test_laws_of_the_horizon_hold_for_every_customer(seed: int) -> None:
    table, _ = simulated(400, seed)
    for prior in (fit_classical(table), fit_mbg(table)):
        before = {"p_order": 0.0, "expected_days": 0.0, "expected_spend": 0.0}
        for horizon in HORIZONS:
            now = {name: getattr(prior, name)(table, horizon) for name in before}
            assert ((now["p_order"] > 0) & (now["p_order"] < 1)).all()
            assert (now["expected_days"] >= now["p_order"]).all()
            for name, values in now.items():
                assert (values >= before[name] * (1 - 1e-9)).all(), name
            np.testing.assert_allclose(
                prior.expected_revenue(table, horizon), now["p_order"] * now["expected_spend"]
            )
            before = now


def test_totals_and_probabilities_are_those_of_the_simulation() -> None:
    table, truth = simulated(6000, seed=3)
    prior = fit_classical(table)
    for found, name in (
        (prior.p_order(table, 90), "p_order"),
        (prior.expected_days(table, 90), "expected_orders"),
        (prior.expected_revenue(table, 90), "expected_revenue"),
    ):
        assert found.sum() / truth[name].sum() == pytest.approx(1, abs=0.06), name


def test_the_fit_beats_other_models_on_the_simulated_future() -> None:
    table, truth = simulated(4000, seed=4)
    churned = (np.random.default_rng(5).random(len(truth)) > truth["p_order"]).astype(float)
    fitted = fit_classical(table)
    other = Prior(PurchaseModel("bg", 0.4, 80.0, 0.4, 4.0), fitted.value, "repeat")
    losses = [
        churn_metrics(churned, 1 - prior.p_order(table, 90))["log_loss"]
        for prior in (fitted, other)
    ]
    assert losses[0] < losses[1]


def test_the_likelier_purchase_model_and_all_days_are_chosen() -> None:
    table, _ = simulated(500, seed=6)
    classical, mbg = fit_classical(table), fit_mbg(table)
    chosen, known = fit_prior(table, classical), purchase_histories(table)
    assert (classical.purchases.variant, mbg.purchases.variant) == ("bg", "mbg")
    assert (classical.value_days, mbg.value_days, chosen.value_days) == ("repeat", "repeat", "all")
    assert chosen.purchases.log_likelihood(known) == max(
        prior.purchases.log_likelihood(known) for prior in (classical, mbg)
    )


def test_where_nobody_came_back_the_value_of_all_days_is_taken() -> None:
    behaviour = Behaviour(r=0.5, alpha=1e6)
    simulation = simulate(customers=40, seed=7, as_of=AS_OF, horizon_days=30, behaviour=behaviour)
    table = build_features(canonical_lines(simulation.transactions, "UTC"), AS_OF)
    assert (table["repeat_days"] == 0).all()
    classical = fit_classical(table)
    assert classical.value_days == "all"
    for horizon in HORIZONS:
        revenue = fit_prior(table, classical).expected_revenue(table, horizon)
        assert (np.isfinite(revenue) & (revenue > 0)).all()


def test_nobody_is_answered_with_nothing() -> None:
    prior = Prior(PURCHASES, VALUE, "all")
    assert prior.expected_revenue(ANN.iloc[:0], 90).shape == (0,)
