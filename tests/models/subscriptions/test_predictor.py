from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from hypothesis import given, settings
from hypothesis import strategies as st

from features.config.sections import Economics
from features.timestamps import MONTH_DAYS
from models.boosting import TrainingRows, fit_trees, no_trees
from models.bundle import BundleError, load, save
from models.card import Feature, Training, Trees
from models.predictor import predictor_of
from models.predictor_interface import UnboundedValueError
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.card import SubscriptionCard, SurvivalCard
from models.subscriptions.forecast import SubscriptionForecast
from models.subscriptions.predictor import SubscriptionPredictor
from models.subscriptions.shifted_beta_geometric import ShiftedBetaGeometric
from models.subscriptions.survival import SurvivalCurve, TailExtrapolation

AS_OF = datetime(2024, 7, 1, tzinfo=UTC)
NAMES = ("tenure_months", "monthly_amount", "plan")
LAST = 24
TERMS = Economics(margin=0.5, discount_rate_annual=0.12, retention_cost_annual=6.0)
PRIOR = SurvivalCard(alpha=0.7, beta=3.8, last_month=LAST, floor=-3.5)


def made(trees: xgb.Booster | None = None, **changes: object) -> SubscriptionBundle:
    """A bundle of two plans; without trees it is the prior, moved by nothing."""
    card = SubscriptionCard(
        trained_as_of=AS_OF,
        horizon_days=365,
        fitted_horizon_days=730,
        currency="EUR",
        timezone="UTC",
        features=tuple(
            Feature(name=name, unit="text" if name == "plan" else "number", meaning=name)
            for name in NAMES
        ),
        levels={"plan": ("basic", "plus")},
        prior=PRIOR,
        churn=Trees(rounds=0 if trees is None else trees.num_boosted_rounds(), strength=1, shift=0),
        level_sd=0.15,
        economics=TERMS,
        metrics={},
        training=Training(
            data_sha256="0", counts={}, snapshots=(), customers=3, settings={}, versions={}
        ),
    )
    card = card.model_copy(update=changes)
    return SubscriptionBundle(card, trees or no_trees(len(NAMES), "binary:logistic"))


@pytest.fixture(scope="module")
def bundle() -> SubscriptionBundle:
    """Trees for which subscribers of `plus`, and those of long tenure, leave less often."""
    rng = np.random.default_rng(0)
    rows = np.stack(
        [rng.integers(0, LAST, 4000), rng.uniform(5, 50, 4000), rng.integers(0, 2, 4000)], axis=1
    ).astype(np.float32)
    leaves = rng.random(4000) < 0.3 / (1.0 + rows[:, 2] * 3.0 + rows[:, 0] / 8.0)
    start = PRIOR.model.log_odds_of_leaving(rows[:, 0].astype(float) + 1.0)
    sample = TrainingRows(rows, leaves.astype(float), start, np.zeros(4000), np.arange(4000))
    parameters = {"objective": "binary:logistic", "max_depth": 3, "nthread": 1, "max_bin": 64}
    return made(fit_trees(sample, parameters, 12))


def table(**columns: list[object]) -> pd.DataFrame:
    usual = {"tenure_months": [0.0, 5.0, 40.0], "monthly_amount": [10.0, 20.0, 30.0]}
    frame = pd.DataFrame(usual | {"plan": ["basic", "plus", "other"]} | columns)
    return frame.set_index(pd.Index(["a", "b", "c"][: len(frame)], name="customer_id"))


def predicted(bundle: SubscriptionBundle) -> SubscriptionForecast:
    return SubscriptionPredictor(bundle).forecast(bundle.feature_matrix(table()))


def test_the_value_is_the_plain_sum_over_the_months_of_a_life(bundle: SubscriptionBundle) -> None:
    months = np.arange(6000.0)
    stays = predicted(bundle).survival_curve.survival_at(months)
    monthly = TERMS.margin * table()["monthly_amount"].to_numpy() - 6.0 / 12.0
    plain = monthly * (stays * 1.12 ** (-(months + 1.0) / 12.0)).sum(axis=1)
    found = SubscriptionPredictor(bundle).predict(table())
    np.testing.assert_allclose(found["clv"], plain, rtol=1e-9)
    np.testing.assert_allclose(
        found["clv_historic"], TERMS.margin * np.array([0.0, 100.0, 1200.0]), rtol=1e-12
    )
    np.testing.assert_allclose(found["clv_total"], found["clv_historic"] + found["clv"])


@pytest.mark.parametrize("days", [1, 30, 365, 3650])
def test_the_numbers_of_a_horizon_belong_together(bundle: SubscriptionBundle, days: int) -> None:
    found = SubscriptionPredictor(bundle).predict(table(), horizon_days=days)
    churn, spend = found["p_churn"], found["expected_spend"]
    # where nearly everybody leaves, 1 - churn has lost digits
    revenue = found["expected_revenue"]
    # subtle: what is near 1 has lost the last digits of what it lacks
    lost = np.finfo(float).eps * spend
    assert (np.abs(revenue - (1 - churn) * spend) <= 1e-12 * revenue + lost).all()
    assert ((churn > 0) & (churn < 1)).all()
    assert (found["clv_low"] <= found["clv_high"]).all()
    along = predicted(bundle).value_curve(days, TERMS)
    np.testing.assert_allclose(along.expected_revenue.sum(axis=1), found["expected_revenue"])
    np.testing.assert_allclose(1.0 - along.survival[:, -1], churn, rtol=1e-9)
    # the running month is paid for by everybody
    first = min(days / MONTH_DAYS, 1.0)
    amounts = table()["monthly_amount"].to_numpy()
    np.testing.assert_allclose(along.expected_revenue[:, 0], amounts * first)


def test_the_value_is_that_of_the_life_whatever_the_horizon(bundle: SubscriptionBundle) -> None:
    short, long = (
        SubscriptionPredictor(bundle).predict(table(), horizon_days=days) for days in (30, 3650)
    )
    assert (short["clv"] == long["clv"]).all()
    assert (short["p_churn"] < long["p_churn"]).all()
    inside = predicted(bundle).value_curve(120_000, TERMS).value.sum(axis=1)
    np.testing.assert_allclose(inside, long["clv"], rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-4, 4), min_size=5, max_size=5), st.floats(0.02, 0.98))
def test_quantiles_of_a_life_are_those_of_its_survival(correction: list[float], at: float) -> None:
    curve = SurvivalCurve(
        ShiftedBetaGeometric(0.7, 3.8),
        np.array([2.0]),
        np.array([correction]),
        TailExtrapolation(6.0, -3.5),
    )
    months = curve.months_survived(at)[0]
    no_more = 1.0 - curve.survival(months + 1.0)[0]
    assert no_more >= at - 1e-9
    assert months == 0 or 1.0 - curve.survival(months)[0] <= at + 1e-9


def test_the_interval_holds_four_lives_of_five(bundle: SubscriptionBundle) -> None:
    rng = np.random.default_rng(1)
    one = predicted(bundle)
    months = np.arange(1.0, 1500.0)
    stays = one.survival_curve.survival_at(months)
    draws = rng.random((3, 4000))
    lived = np.stack([np.searchsorted(-own, -u) for own, u in zip(stays, draws, strict=True)])
    rate = 1.12 ** (1 / 12) - 1
    monthly = TERMS.margin * one.amount - 0.5
    worth = monthly[:, None] * (1 - (1 + rate) ** -(lived + 1.0)) / rate
    found = one.values(365, TERMS)
    inside = (worth >= found.clv_low[:, None] - 1e-9) & (worth <= found.clv_high[:, None] + 1e-9)
    assert (inside.mean(axis=1) >= 0.78).all()
    np.testing.assert_allclose(worth.mean(axis=1), found.clv, rtol=0.05)


def test_nobody_is_more_loyal_than_was_watched(bundle: SubscriptionBundle) -> None:
    stays = predicted(bundle).survival_curve.survival_at(np.arange(0.0, 200.0))
    hazard = 1.0 - stays[:, 1:] / stays[:, :-1]
    least = 1.0 / (1.0 + np.exp(3.5))
    assert (hazard[:, LAST:] >= least - 1e-12).all()
    np.testing.assert_allclose(hazard[:, LAST:], hazard[:, -1:].repeat(199 - LAST, 1))
    within = 1.0 - made().card.prior.model.retention(np.arange(1.0, LAST + 1))
    alone = SubscriptionPredictor(made()).forecast(made().feature_matrix(table())).survival_curve
    stays = alone.survival_at(np.arange(0.0, LAST + 1.0))[0]
    np.testing.assert_allclose(1.0 - stays[1:] / stays[:-1], within)


def test_an_answer_depends_on_nobody_else(bundle: SubscriptionBundle) -> None:
    together = SubscriptionPredictor(bundle).predict(table())
    alone = pd.concat(
        [SubscriptionPredictor(bundle).predict(table().loc[[each]]) for each in "abc"]
    )
    pd.testing.assert_frame_equal(together, alone, check_exact=True)


def test_margin_and_costs_move_the_value_as_they_should(bundle: SubscriptionBundle) -> None:
    free = Economics(margin=0.5, discount_rate_annual=0.12)
    half = SubscriptionPredictor(bundle).predict(table(), economics=free)
    whole = SubscriptionPredictor(bundle).predict(
        table(), economics=free.model_copy(update={"margin": 1.0})
    )
    np.testing.assert_allclose(whole["clv"], 2 * half["clv"])
    dear = free.model_copy(update={"retention_cost_annual": 120.0, "acquisition_cost": 7.0})
    found = SubscriptionPredictor(bundle).predict(table(), economics=dear)
    assert found["clv"].iloc[0] < 0  # ten a month cost as much to keep, and bring half of it
    assert (found["clv_low"] <= found["clv"]).all()
    np.testing.assert_allclose(found["clv_net"], found["clv_total"] - 7.0)


def test_a_value_beyond_a_century_is_refused_in_a_sentence() -> None:
    loyal = made(prior=SurvivalCard(alpha=0.01, beta=9.0, last_month=LAST, floor=-9.0))
    free = Economics(discount_rate_annual=0.0)
    with pytest.raises(
        UnboundedValueError, match=r"0 makes a customer's remaining life count for .* more"
    ):
        SubscriptionPredictor(loyal).predict(table(), economics=free)
    usual = SubscriptionPredictor(made()).predict(
        table(), economics=free
    )  # finite, and so an answer
    assert np.isfinite(usual["clv"]).all()


def test_what_is_unknown_is_null_and_said(bundle: SubscriptionBundle) -> None:
    found = SubscriptionPredictor(bundle).predict(
        table(tenure_months=[None, 5.0, 40.0], monthly_amount=[10.0, None, 1.0])
    )
    assert list(found["basis"]) == ["insufficient", "insufficient", "model"]
    assert found["clv"].isna().tolist() == [True, True, False]
    assert "is unknown" in found["warnings"]["a"][0]
    assert "longer than the 24 months" in found["warnings"]["c"][0]
    assert SubscriptionPredictor(made()).predict(table())["basis"].unique().tolist() == ["prior"]
    assert (
        "nobody was watched"
        in SubscriptionPredictor(made()).predict(table(), horizon_days=900)["warnings"]["a"][0]
    )
    assert SubscriptionPredictor(bundle).predict(table().iloc[:0]).empty


@pytest.mark.parametrize("days", [10, 365, 3650])
def test_the_parts_of_an_answer_add_up_to_it(bundle: SubscriptionBundle, days: int) -> None:
    frame = table(monthly_amount=[10.0, 20.0, None])
    found = SubscriptionPredictor(bundle).predict(frame, horizon_days=days)
    parts = SubscriptionPredictor(bundle).explain(frame, horizon_days=days, top=1)
    assert parts[2] is None
    for customer, each in zip("ab", parts[:2], strict=True):
        assert each is not None
        whole = each.prior_log_odds + each.level_log_odds + each.trees_log_odds
        whole += each.others_log_odds + sum(one.churn_log_odds for one in each.drivers)
        churn = found.loc[customer, "p_churn"]
        assert whole == pytest.approx(np.log((1 - churn) / churn), abs=1e-9)
        assert each.prior_log_money == pytest.approx(np.log(found.loc[customer, "expected_spend"]))
    plan = next(one for one in parts[1].drivers if one.feature == "plan")
    assert plan.direction == "up"
    assert "plus" in plan.words


def test_a_bundle_of_contracts_is_read_back_as_it_was(
    bundle: SubscriptionBundle, tmp_path: Path
) -> None:
    save(bundle, tmp_path / "bundle")
    assert {each.name for each in (tmp_path / "bundle").iterdir()} == {"card.json", "churn.ubj"}
    again = load(tmp_path / "bundle")
    assert isinstance(again, SubscriptionBundle)
    assert again.relationship == "contract"
    pd.testing.assert_frame_equal(
        predictor_of(again).predict(table(), as_of=AS_OF),
        SubscriptionPredictor(bundle).predict(table()),
        check_exact=True,
    )
    path = tmp_path / "bundle" / "card.json"
    path.write_text(path.read_text().replace('"last_month": 24', '"last_month": 0'))
    with pytest.raises(BundleError, match=r"prior\.last_month: Input should be greater than 0"):
        load(tmp_path / "bundle")


def test_the_total_has_an_interval_that_widens_with_doubt(bundle: SubscriptionBundle) -> None:
    answers = SubscriptionPredictor(bundle).predict(table())
    total, low, high = predictor_of(bundle).total_revenue(answers)
    assert total == pytest.approx(answers["expected_revenue"].sum())
    assert 0 <= low < total < high
    doubtful = SubscriptionBundle(bundle.card.model_copy(update={"level_sd": 1.0}), bundle.churn)
    assert predictor_of(doubtful).total_revenue(answers)[1] < low
