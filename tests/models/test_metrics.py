from __future__ import annotations

import itertools
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics as sklearn_metrics

from features.simulate import simulate
from models import metrics
from models.metrics import CHURN, VALUE, Metric, paired_bootstrap

Array = NDArray[np.float64]
EVERY = {**VALUE, **CHURN}
RANKS = ("gini", "spearman", "top_decile_capture")
AS_OF = datetime(2025, 1, 1, tzinfo=UTC)


def spenders(seed: int, customers: int = 60) -> tuple[Array, Array]:
    """Actual revenue with many zeros, and predictions with many ties."""
    rng = np.random.default_rng(seed)
    actual = np.where(rng.random(customers) < 0.5, rng.gamma(0.5, 100.0, customers), 0.0)
    return actual, rng.integers(1, 9, customers).astype(float)


def leavers(seed: int, customers: int = 60) -> tuple[Array, Array]:
    """Who churned, and probabilities with many ties."""
    rng = np.random.default_rng(seed)
    probability = rng.integers(1, 10, customers).astype(float) / 10
    return np.asarray(rng.random(customers) < probability, dtype=float), probability


def textbook_gini(actual: Array, predicted: Array) -> float:
    """Area under the cumulative gain curve less that of the diagonal, for distinct predictions."""

    def area(order: NDArray[np.intp]) -> float:
        return float((np.cumsum(actual[order]) / actual.sum() - 0.5).sum())

    best = area(np.argsort(-actual)) - area(np.argsort(actual))
    return (area(np.argsort(-predicted)) - area(np.argsort(predicted))) / best


def test_gini_worked_by_hand() -> None:
    # Ranks by prediction 1, 2, 3, centred -1, 0, 1. Actual (0, 30, 10) on them: 10 - 0 = 10.
    # On its own ranks (0, 10, 30): 30 - 0 = 30. So 1/3.
    assert metrics.normalised_gini([0, 30, 10], [1, 2, 3]) == pytest.approx(1 / 3)


def test_top_decile_worked_by_hand() -> None:
    # Five customers: a tenth is half a customer, the best predicted one, who holds 60 of 100.
    assert metrics.top_decile_capture([60, 10, 10, 10, 10], [9, 1, 2, 3, 4]) == pytest.approx(0.3)


def test_a_tie_across_the_decile_counts_in_part() -> None:
    # Ten customers, the top place shared by two who hold 80 of 100: either one, so 40 on average.
    actual = [60, 20, *[2.5] * 8]
    assert metrics.top_decile_capture(actual, [9, 9, *range(8)]) == pytest.approx(0.4)


def test_decile_error_worked_by_hand() -> None:
    # Ten customers, one a decile, each 1 too high but the last, who is 11 too low: 20 over 100.
    predicted = np.arange(1.0, 11.0)
    actual = predicted - 1.0
    actual[9] = predicted[9] + 11.0
    assert metrics.decile_error(actual, predicted) == pytest.approx(20 / actual.sum())


def test_decile_error_lets_errors_cancel_inside_a_tie_only() -> None:
    assert metrics.decile_error([0.0, 20.0] * 10, [10.0] * 20) == pytest.approx(0.0)
    assert metrics.decile_error([0.0, 20.0] * 10, [9.0, 11.0] * 10) == pytest.approx(0.9)


def test_tweedie_deviance_worked_by_hand() -> None:
    # Roots of actual 3, 0 and 0 (a refund), of predicted 4, 1 and 2:
    # 4 (1 / 4 + 1 / 1 + 4 / 2) over three customers.
    found = metrics.tweedie_deviance([9.0, 0.0, -5.0], [16.0, 1.0, 4.0])
    assert found == pytest.approx(4 * (0.25 + 1 + 2) / 3)


def test_tweedie_deviance_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    actual = np.where(rng.random(500) < 0.6, 0.0, rng.gamma(0.7, 90.0, 500))
    predicted = rng.gamma(2.0, 20.0, 500)
    assert metrics.tweedie_deviance(actual, predicted) == pytest.approx(
        sklearn_metrics.mean_tweedie_deviance(actual, predicted, power=1.5)
    )


def test_a_prediction_of_nothing_is_very_wrong_and_no_more() -> None:
    actual = [100.0, 0.0]
    certain, small = (metrics.tweedie_deviance(actual, [each, each]) for each in (0.0, 1.0))
    assert np.isfinite(certain)
    assert certain > 5 * small


def test_errors_worked_by_hand() -> None:
    actual, predicted = [0.0, 0.0, 30.0], [3.0, 0.0, 24.0]
    assert metrics.mae(actual, predicted) == pytest.approx(3.0)
    assert metrics.rmse(actual, predicted) == pytest.approx(np.sqrt(15.0))
    assert metrics.bias(actual, predicted) == pytest.approx(-0.1)


def test_calibration_error_worked_by_hand() -> None:
    # Two bins of two: mean .2 against half, mean .8 against all; |.3| and |.2| average to .25.
    happened, probability = [0, 1, 1, 1], [0.1, 0.3, 0.7, 0.9]
    assert metrics.calibration_error(happened, probability, bins=2) == pytest.approx(0.25)


def test_intervals_worked_by_hand() -> None:
    actual, low, high = [0.0, 5.0, 9.0, 9.0], [0.0, 6.0, 1.0, 1.0], [2.0, 8.0, 9.0, 8.0]
    assert metrics.coverage(actual, low, high) == 0.5
    assert metrics.mean_width(low, high) == pytest.approx(4.75)


@pytest.mark.parametrize("seed", range(3))
def test_churn_metrics_equal_scikit_learn(seed: int) -> None:
    # scikit-learn 1.9: roc_auc_score, log_loss, brier_score_loss
    happened, probability = leavers(seed)
    probability[:2] = happened[:2] = (0.0, 1.0)
    found = metrics.churn_metrics(happened, probability)
    assert found["auc"] == pytest.approx(sklearn_metrics.roc_auc_score(happened, probability))
    assert found["log_loss"] == pytest.approx(sklearn_metrics.log_loss(happened, probability))
    assert found["brier"] == pytest.approx(sklearn_metrics.brier_score_loss(happened, probability))


@pytest.mark.parametrize("seed", range(3))
def test_spearman_equals_scipy(seed: int) -> None:
    actual, predicted = spenders(seed)
    expected = stats.spearmanr(actual, predicted).statistic
    assert metrics.spearman(actual, predicted) == pytest.approx(expected)


def test_gini_equals_the_area_of_the_gain_curve() -> None:
    actual, predicted = spenders(1)
    predicted = predicted + np.random.default_rng(1).random(predicted.size)
    expected = textbook_gini(actual, predicted)
    assert metrics.normalised_gini(actual, predicted) == pytest.approx(expected)


def test_gini_of_an_event_is_twice_the_auc_less_one() -> None:
    happened, probability = leavers(5)
    auc = metrics.roc_auc(happened, probability)
    assert metrics.normalised_gini(happened, probability) == pytest.approx(2 * auc - 1)


@pytest.mark.parametrize("name", ["gini", "top_decile_capture"])
def test_ties_count_as_the_mean_over_their_orders(name: str) -> None:
    actual = np.array([5.0, 40.0, 1.0, 0.0, 25.0])
    orders = itertools.permutations([0.1, 0.2, 0.3, 0.4])
    broken = [VALUE[name](actual, [7.0, *(9.0 + np.array(each))]) for each in orders]
    assert VALUE[name](actual, [7.0, 9.0, 9.0, 9.0, 9.0]) == pytest.approx(np.mean(broken))


@given(seed=st.integers(0, 10_000), customers=st.integers(2, 40))
@settings(max_examples=25, deadline=None)
def test_row_order_never_matters(seed: int, customers: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(customers)
    for population, battery in ((spenders, VALUE), (leavers, CHURN)):
        actual, predicted = population(seed, customers)
        for metric in battery.values():
            np.testing.assert_allclose(
                metric(actual[shuffled], predicted[shuffled]),
                metric(actual, predicted),
                rtol=1e-9,
                atol=1e-12,
            )


@pytest.mark.parametrize("name", RANKS)
def test_ranks_ignore_the_scale_of_predictions(name: str) -> None:
    actual, predicted = spenders(2)
    rescaled = VALUE[name](actual, np.sqrt(predicted) * 3)
    assert rescaled == pytest.approx(VALUE[name](actual, predicted))


def test_perfect_and_reversed_order() -> None:
    actual = np.arange(10.0)
    assert metrics.normalised_gini(actual, actual) == pytest.approx(1.0)
    assert metrics.normalised_gini(actual, -actual) == pytest.approx(-1.0)
    assert metrics.spearman(actual, actual**3) == pytest.approx(1.0)


def test_equal_predictions_say_nothing() -> None:
    actual = spenders(4)[0]
    same = np.full(actual.size, 5.0)
    assert metrics.normalised_gini(actual, same) == 0.0
    assert metrics.top_decile_capture(actual, same) == pytest.approx(0.1)
    assert metrics.roc_auc([0, 1, 1], [0.4, 0.4, 0.4]) == 0.5
    assert np.isnan(metrics.spearman(actual, same))


def test_no_revenue_leaves_the_errors_only() -> None:
    found = metrics.value_metrics([0.0, 0.0, 0.0], [1.0, 2.0, 3.0])
    defined = {name for name, value in found.items() if np.isfinite(value)}
    assert defined == {"mae", "rmse", "tweedie_deviance"}


def test_one_class_leaves_the_losses_only() -> None:
    found = metrics.churn_metrics([1, 1, 1], [0.5, 0.6, 0.9])
    assert {name for name, value in found.items() if np.isnan(value)} == {"auc"}


def test_one_customer_has_errors_but_no_rank() -> None:
    found = metrics.value_metrics([10.0], [8.0])
    assert found["mae"] == 2.0
    assert found["bias"] == pytest.approx(-0.2)
    assert np.isnan([found[name] for name in ("gini", "spearman", "top_decile_capture")]).all()


@pytest.mark.parametrize("metric", EVERY.values(), ids=EVERY)
def test_nobody_and_the_unknown_are_not_a_number(metric: Metric) -> None:
    assert np.isnan(metric([], []))
    assert np.isnan(metric([0.0, 1.0], [0.5, np.nan]))
    assert np.isnan(metric([0.0, 1.0], [np.inf, -np.inf]))


def test_empty_intervals_are_not_a_number() -> None:
    assert np.isnan(metrics.coverage([], [], []))
    assert np.isnan(metrics.mean_width([], []))


def test_refunds_may_outweigh_purchases() -> None:
    found = metrics.value_metrics([-50.0, 10.0, 20.0], [1.0, 2.0, 3.0])
    assert found["gini"] == pytest.approx(1.0)
    assert np.isnan(found["bias"])


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="two columns of one length"):
        metrics.mae([1.0, 2.0], [1.0])


def test_a_metric_keeps_its_name_and_meaning() -> None:
    assert metrics.brier.__doc__ is not None
    assert "Brier (1950)" in metrics.brier.__doc__


@pytest.mark.parametrize(("name", "metric"), EVERY.items(), ids=EVERY)
def test_a_weight_is_a_repeated_customer(name: str, metric: Metric) -> None:
    actual, predicted = leavers(6) if name in CHURN else spenders(6)
    weights = np.random.default_rng(6).integers(0, 4, (actual.size, 3))
    resampled = metric.resampled(actual, predicted, weights.astype(float))
    repeated = [metric(np.repeat(actual, each), np.repeat(predicted, each)) for each in weights.T]
    np.testing.assert_allclose(resampled, repeated, rtol=1e-9, atol=1e-12)


def test_bootstrap_equals_resampling_the_rows() -> None:
    actual, predicted = spenders(7, customers=400)
    other = np.random.default_rng(7).permutation(predicted)
    rng, differences = np.random.default_rng(8), []
    for _ in range(2000):
        row = rng.integers(actual.size, size=actual.size)
        differences.append(
            metrics.normalised_gini(actual[row], predicted[row])
            - metrics.normalised_gini(actual[row], other[row])
        )
    difference, low, high = paired_bootstrap(
        actual, predicted, other, metrics.normalised_gini, draws=2000, seed=9
    )
    assert low < difference < high
    # 2,000 draws know these ends to about a tenth of the standard deviation.
    assert [low, high] == pytest.approx(
        np.quantile(differences, [0.025, 0.975]), abs=0.15 * float(np.std(differences))
    )


def test_bootstrap_is_its_seed_and_sees_no_difference_in_equals() -> None:
    actual, predicted = spenders(10)
    other = predicted[::-1]
    first, second, third = (
        paired_bootstrap(actual, predicted, other, metrics.mae, draws=50, seed=seed)
        for seed in (1, 1, 2)
    )
    assert first == second != third
    equal = paired_bootstrap(actual, predicted, predicted, metrics.mae, draws=50, seed=1)
    assert equal == (0.0, 0.0, 0.0)


def test_bootstrap_in_pieces_covers_every_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    actual, predicted = spenders(11)
    monkeypatch.setattr(metrics, "CELLS", 7 * actual.size)
    difference, low, high = paired_bootstrap(
        actual, predicted, predicted[::-1], metrics.mae, draws=50, seed=1
    )
    assert low < difference < high


def test_bootstrap_of_the_undefined_is_undefined() -> None:
    nothing = paired_bootstrap([0, 0], [1, 2], [2, 1], metrics.bias, draws=9, seed=1)
    assert np.isnan(nothing).all()
    # Two customers of two classes: with this seed the only draw holds one of them twice.
    difference, low, high = paired_bootstrap(
        [0, 1], [0.1, 0.9], [0.9, 0.1], metrics.roc_auc, draws=1, seed=4
    )
    assert difference == 1.0
    assert np.isnan([low, high]).all()


@pytest.fixture(scope="module")
def simulated() -> pd.DataFrame:
    """Simulated customers: the true p_order and expected_revenue, and what then happened."""
    made = simulate(customers=6000, seed=3, as_of=AS_OF, horizon_days=180)
    future = made.transactions[made.transactions["timestamp"] >= AS_OF]
    revenue = future.groupby("customer_id")["amount"].sum().reindex(made.truth.index, fill_value=0)
    return made.truth.assign(actual=revenue, churned=(revenue == 0).astype(float))


@pytest.mark.parametrize("metric", [metrics.log_loss, metrics.brier, metrics.calibration_error])
def test_losses_prefer_true_probabilities(simulated: pd.DataFrame, metric: Metric) -> None:
    alive = simulated[simulated["alive"]]
    happened, truth = alive["churned"], 1 - alive["p_order"]
    best = metric(happened, truth)
    for distorted in (truth**2, np.sqrt(truth), 0.5 + (truth - 0.5) / 2, truth * 0.8):
        assert best < metric(happened, distorted)


@pytest.mark.parametrize("name", RANKS)
def test_ranks_prefer_the_true_expectation(simulated: pd.DataFrame, name: str) -> None:
    truth, rng = simulated["expected_revenue"], np.random.default_rng(4)
    best = VALUE[name](simulated["actual"], truth)
    assert best > VALUE[name](simulated["actual"], truth * rng.lognormal(0, 0.7, truth.size))
    assert best > VALUE[name](simulated["actual"], simulated["mean_value"])


@pytest.mark.parametrize("name", ["rmse", "bias", "decile_error"])
def test_errors_prefer_the_true_expectation(simulated: pd.DataFrame, name: str) -> None:
    truth = simulated["expected_revenue"]
    best = abs(VALUE[name](simulated["actual"], truth))
    for distorted in (truth * 1.3, truth * 0.7, truth + 20.0):
        assert best < abs(VALUE[name](simulated["actual"], distorted))


def test_mae_rewards_predicting_too_little(simulated: pd.DataFrame) -> None:
    truth = simulated["expected_revenue"]
    assert metrics.mae(simulated["actual"], truth * 0.9) < metrics.mae(simulated["actual"], truth)
