from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
import vl_convert
from numpy.typing import NDArray

from models.metrics import top_decile_capture
from train.charts import (
    boosted_trees,
    churn_reliability,
    diagnostics,
    over_time,
    score_table,
    summaries,
)
from train.charts.png import png
from train.charts.theme import Spec

Array = NDArray[np.float64]


def customers(count: int = 200) -> dict[str, Array]:
    """Revenue, churn, and what a model and a prior predicted."""
    rng = np.random.default_rng(1)
    expected = rng.gamma(1.0, 50.0, count)
    revenue = np.where(rng.random(count) < 0.4, rng.gamma(1.0, expected / 0.4), 0.0)
    return {
        "revenue": revenue,
        "expected": expected,
        "prior": expected * rng.lognormal(0, 0.5, count),
        "churned": (revenue == 0).astype(float),
        "p_churn": np.exp(-expected / 50),
        "prior_p_churn": np.exp(-expected / 60),
        "repeats": rng.poisson(2.0, count).astype(float),
    }


def every_chart(count: int) -> dict[str, Callable[[], Spec]]:
    seen = customers(count)
    weeks = list(pd.date_range("2025-01-06", periods=9, freq="7D", tz="UTC"))
    p, prior_p = seen["p_churn"], seen["prior_p_churn"]
    revenue, expected, prior = seen["revenue"], seen["expected"], seen["prior"]
    return {
        "reliability": lambda: churn_reliability.reliability(seen["churned"], p, prior_p),
        "decile_bars": lambda: diagnostics.decile_bars(revenue, expected, prior, currency="GBP"),
        "gain_curve": lambda: diagnostics.gain_curve(revenue, expected, prior, currency="GBP"),
        "learning_curve": lambda: boosted_trees.learning_curve((0, 5, 10), (0.5, 0.4, 0.45), 5),
        "importance": lambda: boosted_trees.importance({"n_orders_90d": 2.0, "recency_days": 6.0}),
        "tracking_plot": lambda: over_time.tracking_plot(
            weeks, np.arange(9.0), np.arange(9.0), datetime(2025, 2, 1, tzinfo=UTC)
        ),
        "conditional_expectation": lambda: diagnostics.conditional_expectation(
            seen["repeats"], revenue, expected, prior, by="repeat days"
        ),
        "survival": lambda: over_time.survival([0, 1], {"actual": [1.0, 0.9], "model": [1, 0.8]}),
        "leaderboard": lambda: score_table.leaderboard({"a": {"gini": 0.7}, "b": {"gini": 0.6}}),
    }


def rows(chart: Spec) -> list[dict[str, Any]]:
    return list(chart["data"]["values"])


def labels(chart: Spec) -> list[str]:
    """What the legend names."""
    return list(chart["encoding"]["color"]["scale"]["domain"])


def line(chart: Spec, label: str) -> tuple[list[Any], Array]:
    points = [row for row in rows(chart) if row["series"] == label]
    return [row["x"] for row in points], np.array([row["y"] for row in points])


@pytest.mark.parametrize("count", [1, 200])
@pytest.mark.parametrize("name", every_chart(2))
def test_every_chart_asks_its_question_and_can_be_drawn(name: str, count: int) -> None:
    chart = every_chart(count)[name]()
    assert chart["title"]["text"].endswith("?")
    json.dumps(chart, allow_nan=False)
    assert png(chart).startswith(b"\x89PNG")


def test_a_chart_becomes_a_png() -> None:
    written = png(every_chart(200)["decile_bars"]())
    assert written.startswith(b"\x89PNG")
    assert int.from_bytes(written[16:20]) > 1000


def test_actual_model_and_prior_look_the_same_everywhere() -> None:
    scales = [
        dict(zip(scale["domain"], scale["range"], strict=True))
        for name in ("conditional_expectation", "survival")
        for scale in (every_chart(200)[name]()["encoding"]["color"]["scale"],)
    ]
    assert scales[0] | scales[1] == scales[0]
    assert len(set(scales[0].values())) == 3


def test_reliability_shows_each_group_where_it_lies() -> None:
    # Two groups of two: mean .2 and half churned, mean .8 and all churned.
    chart = churn_reliability.reliability([0, 1, 1, 1], [0.1, 0.3, 0.7, 0.9], bins=2)
    top, below = chart["vconcat"]
    means, shares = line(top, "model")
    assert means == pytest.approx([0.2, 0.8])
    assert shares == pytest.approx([0.5, 1.0])
    assert below["encoding"]["x"]["axis"]["title"] == "predicted probability of churn"
    assert line(below, "model")[1][:-1].sum() == 4
    assert "probability model" not in labels(top)


def test_small_probabilities_fill_the_chart_and_nobody_is_lost() -> None:
    happened = np.r_[np.zeros(97), np.ones(3)]
    chart = churn_reliability.reliability(happened, np.r_[np.full(99, 0.02), 0.9], who="months")
    top, below = chart["vconcat"]
    assert top["encoding"]["x"]["scale"]["domain"][1] < 0.5
    assert line(below, "model")[1][:-1].sum() == 100
    assert "of 1 the predicted one lies to the right" in chart["title"]["subtitle"]


def test_decile_bars_are_the_means_of_each_decile_in_money() -> None:
    actual = np.arange(20.0)
    (chart,) = diagnostics.decile_bars(actual, actual + 1.0, currency="GBP")["hconcat"]
    assert [row["came"] for row in rows(chart)] == pytest.approx(np.arange(10) * 2 + 0.5)
    assert [row["expected"] for row in rows(chart)] == pytest.approx(np.arange(10) * 2 + 1.5)
    bars, diamonds = chart["layer"]
    assert bars["encoding"]["y"]["axis"]["title"] == "mean revenue per customer, GBP"
    assert (bars["encoding"]["y"]["field"], diamonds["encoding"]["y"]["field"]) == (
        "came",
        "expected",
    )


def test_gain_curve_meets_the_top_decile_capture() -> None:
    seen = customers(2000)
    chart = diagnostics.gain_curve(seen["revenue"], seen["expected"], currency="GBP")
    label = next(each for each in labels(chart) if each.startswith("model"))
    people, value = line(chart, label)
    assert len(people) <= 501
    assert np.interp(0.1, people, value) == pytest.approx(
        top_decile_capture(seen["revenue"], seen["expected"])
    )


def test_gain_curve_crosses_ties_in_one_straight_step() -> None:
    people, value = summaries.gain(np.array([6.0, 0.0, 2.0]), np.array([5.0, 5.0, 1.0]))
    assert people == pytest.approx([0, 2 / 3, 1])
    assert value == pytest.approx([0, 6 / 8, 1])


def test_learning_curve_marks_the_chosen_round() -> None:
    chart = boosted_trees.learning_curve((0, 10, 20), (0.5, 0.4, 0.45), 10)
    assert line(chart, "chosen: 10 rounds") == ([10], [0.4])
    assert line(chart, "probability model alone (0 rounds)")[1].tolist() == [0.5, 0.5]
    assert chart["title"]["subtitle"] == "deviance 0.4000 against 0.5000; lower is better"


def test_learning_curve_without_snapshots_says_so() -> None:
    chart = boosted_trees.learning_curve((), (), 0)
    assert "probability model alone" in chart["title"]["subtitle"]
    assert rows(chart) == []


def test_importance_shows_the_first_features_by_readable_names() -> None:
    gains = {f"revenue_{days}d": float(days) for days in range(1, 31)}
    shown = rows(boosted_trees.importance(gains, top=20))
    assert len(shown) == 20
    assert shown[0]["feature"] == "revenue, last 30 days"
    assert shown[0]["share"] == pytest.approx(30 / 465)
    assert [row["share"] for row in shown] == sorted((row["share"] for row in shown), reverse=True)


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ("recency_days", "recency days"),
        ("n_orders_90d", "orders, last 90 days"),
        ("orders_trend_30d_share", "orders trend share, last 30 days"),
    ],
)
def test_a_column_has_a_readable_name(column: str, shown: str) -> None:
    assert summaries.readable(column) == shown


def test_cumulative_prediction_continues_what_had_happened() -> None:
    weeks = list(pd.date_range("2025-01-06", periods=4, freq="7D", tz="UTC"))
    chart = over_time.tracking_plot(
        weeks, [10, 10, 7, np.nan], [np.nan, np.nan, 8, 8], weeks[2], what="orders"
    )
    weekly, cumulative = chart["hconcat"]
    assert line(weekly, "predicted")[1] == pytest.approx([8, 8])
    assert line(cumulative, "predicted")[1] == pytest.approx([28, 36])
    assert line(cumulative, "actual")[1] == pytest.approx([10, 20, 27])


def test_conditional_expectation_groups_by_count_and_says_how_many() -> None:
    chart = diagnostics.conditional_expectation(
        [0, 0, 1, 9, 8], [0, 2, 3, 4, 6], [1, 1, 3, 5, 5], by="repeat days"
    )
    places, means = line(chart, "actual")
    assert list(zip(places[:2], means[:2], strict=True)) == [("0\nn=2", 1), ("1\nn=1", 3)]
    assert means[7] == 5
    assert places[7] == "7+\nn=2"


def test_other_traits_fall_into_eighths() -> None:
    group, names = summaries.group_by_trait(np.arange(80.0) * 10 + 0.5)
    assert np.bincount(group).tolist() == [10] * 8
    assert len(names) == 8


@pytest.mark.parametrize("name", ["conditional_expectation", "tracking_plot", "decile_bars"])
def test_an_axis_of_numbers_starts_at_zero_unless_refunds_go_below(name: str) -> None:
    """Vega's scales: from zero or from what lies below it, by the data alone."""
    compiled = vl_convert.vegalite_to_vega(every_chart(200)[name]())
    scales = [each for each in compiled["scales"] if re.fullmatch(r"(concat_\d_)?y", each["name"])]
    assert scales
    assert all(each["zero"] and "domainMin" not in each for each in scales)


def test_leaderboard_marks_the_best_of_each_column() -> None:
    scores = {
        "perennial": {"gini": 0.7, "rmse": 30.0, "bias": 0.2, "mae": float("nan")},
        "past_spend": {"gini": 0.6, "rmse": 20.0, "bias": -0.1, "mae": 1234.5},
    }
    shown = rows(score_table.leaderboard(scores))
    assert [row["label"] for row in shown] == [
        "0.7",
        "30",
        "0.2",
        "-",
        "0.6",
        "20",
        "-0.1",
        "1,234",
    ]
    assert [row["best"] for row in shown] == [True, False, False, False, False, True, True, True]
    assert [row["model"] for row in shown] == ["perennial"] * 4 + ["past spend"] * 4
