from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from train.leaderboard import intervals, leaderboard, render
from train.purchases.holdout import PurchaseHoldout, evaluate
from train.purchases.train import scores

UP = ("gini", "spearman", "top_decile_capture", "auc")
DOWN = ("rmse", "tweedie_deviance", "log_loss", "brier", "calibration_error")
Distort = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture(scope="module")
def everyone(shop: Any) -> dict[str, dict[str, float]]:
    return {model: parts["everyone"] for model, parts in shop.origin.report["scores"].items()}


@pytest.mark.parametrize("metric", UP + DOWN)
def test_the_backtest_prefers_the_truth_to_the_model_and_the_model_to_a_distorted_one(
    metric: str, everyone: dict[str, dict[str, float]]
) -> None:
    ordered = [everyone[each][metric] for each in ("truth", "perennial", "distorted")]
    assert ordered == sorted(ordered, reverse=metric in UP)


@pytest.mark.parametrize("metric", ["bias", "decile_error", "mae"])
def test_the_backtest_prefers_the_right_amount_of_money(
    metric: str, everyone: dict[str, dict[str, float]]
) -> None:
    wrong = abs(everyone["distorted"][metric])
    assert abs(everyone["truth"][metric]) < 0.5 * wrong
    assert abs(everyone["perennial"][metric]) < 0.7 * wrong


def test_the_model_ranks_better_than_carrying_past_spend_forward(
    everyone: dict[str, dict[str, float]],
) -> None:
    for metric in ("gini", "spearman", "top_decile_capture"):
        assert everyone["perennial"][metric] > everyone["past_spend"][metric]


def test_on_customers_who_are_as_the_classical_model_says_ours_is_as_good(
    everyone: dict[str, dict[str, float]],
) -> None:
    """There is nothing for trees to learn, and none are kept that harm."""
    ours, classical = everyone["perennial"], everyone["bg_nbd_gamma_gamma"]
    assert ours["log_loss"] == pytest.approx(classical["log_loss"], rel=0.01)
    assert ours["auc"] == pytest.approx(classical["auc"], abs=0.005)
    assert ours["gini"] > classical["gini"] - 0.01
    assert ours["bias"] == pytest.approx(classical["bias"], abs=0.02)


def test_differences_from_the_classical_model_are_sure_where_they_are_large(shop: Any) -> None:
    found = shop.origin.report["differences"]
    assert "bg_nbd_gamma_gamma" not in found
    for metric, better in (("gini", 1), ("auc", 1), ("log_loss", -1), ("rmse", -1)):
        truth = found["truth"][metric]
        assert truth["low"] < truth["difference"] < truth["high"]
        assert min(better * truth["low"], better * truth["high"]) > 0
    for metric, worse in (("gini", -1), ("log_loss", 1), ("rmse", 1)):
        distorted = found["distorted"][metric]
        assert min(worse * distorted["low"], worse * distorted["high"]) > 0


def holdout_of(shop: Any) -> PurchaseHoldout:
    return evaluate(shop.origin.bundle, shop.task, by=shop.task.data.source.end)


def informed(shop: Any) -> Distort:
    """Puts what the simulator knows in the place of what the model predicted."""

    def change(customers: pd.DataFrame) -> pd.DataFrame:
        truth = shop.simulation.truth.loc[customers.index]
        spend = truth["expected_revenue"] / truth["p_order"].where(truth["p_order"] > 0, 1.0)
        return customers.assign(
            p_churn=1.0 - truth["p_order"],
            expected_spend=spend,
            expected_revenue=truth["expected_revenue"],
        )

    return change


def muddled(customers: pd.DataFrame) -> pd.DataFrame:
    """Less sure of who orders, and wrong about the money."""
    noise = np.random.default_rng(1).lognormal(0.2, 0.7, len(customers))
    p_order = np.sqrt(1.0 - customers["p_churn"]) * 0.8
    spend = customers["expected_spend"] * noise
    return customers.assign(
        p_churn=1.0 - p_order, expected_spend=spend, expected_revenue=p_order * spend
    )


def test_training_is_evaluated_by_metrics_that_prefer_the_truth(shop: Any) -> None:
    """What `train` writes on the card: churn, spend among returners, and their product."""
    predicted = holdout_of(shop)
    truth, ours, wrong = (
        scores(replace(predicted, customers=change(predicted.customers)))
        for change in (informed(shop), lambda customers: customers, muddled)
    )
    for metric in ("churn_log_loss", "churn_brier", "clv_rmse", "spend_rmse"):
        assert truth[metric] < ours[metric] < wrong[metric], metric
    for metric in ("clv_gini", "clv_spearman", "clv_top_decile_capture", "spend_gini"):
        assert truth[metric] > ours[metric] > wrong[metric], metric
    assert truth["churn_auc"] > ours["churn_auc"]
    assert abs(truth["clv_bias"]) < 0.2 * abs(wrong["clv_bias"])
    assert abs(ours["clv_bias"]) < 0.2 * abs(wrong["clv_bias"])


def test_a_holdout_and_an_origin_agree(shop: Any) -> None:
    """Training and backtest evaluate with the same numbers."""
    card, origin = scores(holdout_of(shop)), shop.origin.report["scores"]
    for ours, classical in (("perennial", ""), ("bg_nbd_gamma_gamma", "prior_")):
        everyone = origin[ours]["everyone"]
        for metric in ("auc", "log_loss", "brier"):
            assert card[f"churn_{classical}{metric}"] == pytest.approx(everyone[metric], rel=1e-9)
        for metric in ("gini", "mae", "bias", "decile_error"):
            assert card[f"clv_{classical}{metric}"] == pytest.approx(everyone[metric], rel=1e-9)


def test_the_leaderboard_is_the_mean_over_origins_with_the_best_gini_first(shop: Any) -> None:
    report = shop.origin.report
    other = {**report, "scores": {name: report["scores"][name] for name in ("truth", "tweedie")}}
    board = leaderboard([report, other])
    assert next(iter(board.index)) == "truth"
    assert board["gini"].is_monotonic_decreasing
    everyone = report["scores"]["distorted"]["everyone"]
    assert board.loc["distorted", "gini"] == everyone["gini"]
    assert board.loc["tweedie", "bias"] == abs(report["scores"]["tweedie"]["everyone"]["bias"])
    assert np.isnan(board.loc["tweedie", "auc"])
    assert "-" in render(board).splitlines()[list(board.index).index("tweedie") + 1].split()
    assert intervals([report, other])["coverage"] == report["intervals"]["coverage"]
