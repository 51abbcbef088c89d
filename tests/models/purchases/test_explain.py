"""What moves a customer's answer: its parts add up to it, and each points the right way."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from scipy.special import logit

from models import bundle as bundles
from models.attribution import Driver, Explanation, contributions
from models.boosting import no_trees, tree_correction
from models.card import Feature
from models.purchases.bundle import PurchaseBundle
from models.purchases.explain import importance
from models.purchases.predictor import PurchasePredictor
from train.purchases.snapshot_cache import PurchaseSnapshots

COLUMNS = 3


def log_odds(each: Explanation) -> float:
    """The five parts of the churn model's answer, added up."""
    others = each.prior_log_odds + each.level_log_odds + each.trees_log_odds + each.others_log_odds
    return others + sum(driver.churn_log_odds for driver in each.drivers)


def log_money(each: Explanation) -> float:
    """The five parts of the spend model's answer, added up."""
    others = (
        each.prior_log_money + each.level_log_money + each.trees_log_money + each.others_log_money
    )
    return others + sum(driver.spend_log_money for driver in each.drivers)


def known(found: list[Explanation | None]) -> list[Explanation]:
    """The explanations, all of which must be there."""
    there = [each for each in found if each is not None]
    assert len(there) == len(found)
    return there


def drivers(explanations: list[Explanation | None]) -> list[list[Driver]]:
    """The drivers of each customer; none where there is no explanation."""
    return [list(each.drivers) if each else [] for each in explanations]


def untreed(bundle: PurchaseBundle) -> PurchaseBundle:
    """The same bundle, left as the probability model."""
    columns = len(bundle.card.features)
    none = {"rounds": 0}
    card = bundle.card.model_copy(
        update={
            "churn": bundle.card.churn.model_copy(update=none),
            "spend": bundle.card.spend.model_copy(update=none),
        }
    )
    return PurchaseBundle(
        card, no_trees(columns, "binary:logistic"), no_trees(columns, "reg:gamma")
    )


def toy(objective: str) -> tuple[xgb.Booster, np.ndarray]:
    """Trees over three columns, of which the first alone matters, and always upwards."""
    rng = np.random.default_rng(3)
    features = rng.uniform(-2.0, 2.0, (600, COLUMNS)).astype(np.float32)
    features[:100, 1] = np.nan
    target = rng.random(600) < 1.0 / (1.0 + np.exp(-2.0 * features[:, 0]))
    matrix = xgb.DMatrix(features, label=target + 0.5 * (objective == "reg:gamma"))
    settings = {"objective": objective, "max_depth": 2, "monotone_constraints": "(1,0,0)"}
    return xgb.train(settings | {"nthread": 1, "seed": 1}, matrix, num_boost_round=20), features


@pytest.mark.parametrize("horizon_days", [7, 91, 400])
@pytest.mark.parametrize("top", [0, 5, 100])
def test_the_parts_add_up_to_the_forecast(
    seasonal: PurchaseBundle, table: pd.DataFrame, as_of: datetime, horizon_days: int, top: int
) -> None:
    some = table.iloc[::20]
    found = known(
        PurchasePredictor(seasonal).explain(some, as_of=as_of, horizon_days=horizon_days, top=top)
    )
    predicted = PurchasePredictor(seasonal).forecast_table(some, as_of=as_of)
    np.testing.assert_allclose(
        [log_odds(each) for each in found],
        logit(predicted.p_order(horizon_days)),
        atol=1e-5,
        rtol=0,
    )
    np.testing.assert_allclose(
        [log_money(each) for each in found],
        np.log(predicted.expected_spend(horizon_days)),
        atol=1e-5,
        rtol=0,
    )
    for each in found:
        ups = [driver.direction == "up" for driver in each.drivers]
        assert sum(ups) <= top
        assert len(ups) - sum(ups) <= top


def test_the_parts_add_up_at_another_moment_too(
    seasonal: PurchaseBundle, history: PurchaseSnapshots, as_of: datetime
) -> None:
    later = as_of + timedelta(days=60)
    some = history.table(later).iloc[:50]
    found = known(PurchasePredictor(seasonal).explain(some, as_of=later))
    expected = logit(PurchasePredictor(seasonal).forecast_table(some, as_of=later).p_order(91))
    np.testing.assert_allclose([log_odds(each) for each in found], expected, atol=1e-5, rtol=0)


def test_a_saved_bundle_explains_itself_alike(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime, tmp_path: Path
) -> None:
    bundles.save(bundle, tmp_path / "bundle")
    loaded = bundles.load(tmp_path / "bundle")
    some = table.iloc[:20]
    for ours, theirs in zip(
        known(PurchasePredictor(bundle).explain(some, as_of=as_of)),
        known(PurchasePredictor(loaded).explain(some, as_of=as_of)),
        strict=True,
    ):
        assert [each.feature for each in ours.drivers] == [each.feature for each in theirs.drivers]
        assert log_odds(ours) == pytest.approx(log_odds(theirs), abs=1e-6)


def test_one_customer_is_explained_as_among_many(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime
) -> None:
    (alone,) = PurchasePredictor(bundle).explain(table.iloc[[7]], as_of=as_of)
    assert PurchasePredictor(bundle).explain(table.iloc[:20], as_of=as_of)[7] == alone


@pytest.mark.parametrize("objective", ["binary:logistic", "reg:gamma"])
def test_contributions_sum_to_the_correction(objective: str) -> None:
    booster, features = toy(objective)
    parts = contributions(booster, features)
    assert parts.shape == (len(features), COLUMNS + 1)
    np.testing.assert_allclose(parts.sum(axis=1), tree_correction(booster, features), atol=1e-5)


@pytest.mark.parametrize("objective", ["binary:logistic", "reg:gamma"])
def test_more_of_what_only_raises_the_answer_is_never_less_of_a_driver(objective: str) -> None:
    booster, _ = toy(objective)
    rising = np.zeros((41, COLUMNS), dtype=np.float32)
    rising[:, 0] = np.linspace(-2.0, 2.0, 41)
    first = contributions(booster, rising)[:, 0]
    assert (np.diff(first) >= -1e-6).all()
    assert first[0] < 0.0 < first[-1]
    assert np.ptp(first) > 5.0 * np.ptp(contributions(booster, rising)[:, 1])


def test_half_the_strength_halves_what_every_feature_adds(
    bundle: PurchaseBundle, table: pd.DataFrame
) -> None:
    halves = {
        name: getattr(bundle.card, name).model_copy(
            update={"strength": getattr(bundle.card, name).strength / 2.0}
        )
        for name in ("churn", "spend")
    }
    half = PurchaseBundle(bundle.card.model_copy(update=halves), bundle.churn, bundle.spend)
    whole, less = importance(bundle, table), importance(half, table)
    for model in ("churn", "spend"):
        assert less[model].keys() == whole[model].keys()
        for name, mean in less[model].items():
            assert mean == pytest.approx(whole[model][name] / 2.0)


def test_drivers_are_named_and_described_as_in_the_card(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime
) -> None:
    described = {each.name: (each.unit, each.meaning) for each in bundle.card.features}
    some = table.iloc[:30]
    found = drivers(PurchasePredictor(bundle).explain(some, as_of=as_of))
    assert any(found)
    for customer, chosen in zip(some.index, found, strict=True):
        assert len({each.feature for each in chosen}) == len(chosen) <= 6
        for each in chosen:
            assert described[each.feature] == (each.unit, each.meaning)
            seen = some.loc[customer, each.feature]
            assert (each.value is None) == pd.isna(seen)
            assert each.value is None or each.value == seen


def test_the_first_driver_moves_the_expected_revenue_most(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime
) -> None:
    some = table.iloc[:30]
    p_churn = 1.0 - PurchasePredictor(bundle).forecast_table(some, as_of=as_of).p_order(
        bundle.card.horizon_days
    )
    for chance, chosen in zip(
        p_churn, drivers(PurchasePredictor(bundle).explain(some, as_of=as_of)), strict=True
    ):
        moved = [chance * each.churn_log_odds + each.spend_log_money for each in chosen]
        assert moved == sorted(moved, key=abs, reverse=True)
        for change, each in zip(moved, chosen, strict=True):
            assert each.direction == ("up" if change > 0 else "down")
            assert each.revenue_share == pytest.approx(np.expm1(change))
            verb = "raises" if change > 0 else "lowers"
            assert each.words.endswith(f"{verb} expected revenue by {abs(each.revenue_share):.0%}")


def test_without_trees_the_answer_is_the_probability_models_and_has_no_drivers(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime
) -> None:
    alone = untreed(bundle)
    some = table.iloc[:30]
    for each in known(PurchasePredictor(alone).explain(some, as_of=as_of)):
        assert each.drivers == ()
        assert each.trees_log_odds == each.others_log_odds == 0.0
        assert each.trees_log_money == each.others_log_money == 0.0
    predicted = PurchasePredictor(alone).forecast_table(some, as_of=as_of)
    found = [log_odds(each) for each in known(PurchasePredictor(alone).explain(some, as_of=as_of))]
    np.testing.assert_allclose(found, logit(predicted.p_order(91)), atol=1e-9)
    assert importance(alone, table) == {"churn": {}, "spend": {}}


def test_a_customer_of_whom_too_little_is_known_has_no_explanation(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime
) -> None:
    some = table.iloc[:3].copy()
    some.loc[some.index[1], "age_days"] = np.nan
    found = PurchasePredictor(bundle).explain(some, as_of=as_of)
    assert [each is None for each in found] == [False, True, False]
    assert drivers(PurchasePredictor(bundle).explain(some, as_of=as_of))[1] == []
    assert found[2] == PurchasePredictor(bundle).explain(table.iloc[[2]], as_of=as_of)[0]


def test_a_text_is_told_as_it_stands_in_the_table_even_one_never_seen(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime
) -> None:
    means = importance(bundle, table)["churn"]
    most = max(means, key=lambda name: means[name])
    text = Feature(name="first_channel", unit="text", meaning="where it began")
    features = tuple(text if each.name == most else each for each in bundle.card.features)
    levels = {"first_channel": ("web", "shop")}
    card = bundle.card.model_copy(update={"features": features, "levels": levels})
    some = table.iloc[:3].assign(first_channel=pd.array(["shop", "fair", None], dtype="str"))
    found = drivers(
        PurchasePredictor(PurchaseBundle(card, bundle.churn, bundle.spend)).explain(
            some, as_of=as_of, top=1000
        )
    )
    values = [each.value for chosen in found for each in chosen if each.feature == "first_channel"]
    assert values == ["shop", "fair", None]


def test_nobody_has_no_explanation(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime
) -> None:
    assert PurchasePredictor(bundle).explain(table.iloc[:0], as_of=as_of) == []
    assert importance(bundle, table.iloc[:0]) == {"churn": {}, "spend": {}}


def test_importance_is_the_mean_of_what_each_customer_is_told(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime
) -> None:
    some = table.iloc[:40]
    means = importance(bundle, some)
    shown = drivers(PurchasePredictor(bundle).explain(some, as_of=as_of, top=1000))
    for name in {each.feature for chosen in shown for each in chosen}:
        mine = [each for chosen in shown for each in chosen if each.feature == name]
        churn = sum(abs(each.churn_log_odds) for each in mine) / len(some)
        spend = sum(abs(each.spend_log_money) for each in mine) / len(some)
        assert churn == pytest.approx(means["churn"].get(name, 0.0))
        assert spend == pytest.approx(means["spend"].get(name, 0.0))
