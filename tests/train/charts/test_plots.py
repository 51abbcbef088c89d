from __future__ import annotations

import inspect
import io
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from models.metrics import top_decile_capture
from train.charts import canvas, plots

Array = NDArray[np.float64]


def customers(count: int = 200) -> dict[str, Array]:
    """Revenue, churn, and what a model and a prior had said."""
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


def every_picture(count: int) -> dict[str, Callable[[], Figure]]:
    seen = customers(count)
    weeks = list(pd.date_range("2025-01-06", periods=9, freq="7D", tz="UTC"))
    p, prior_p = seen["p_churn"], seen["prior_p_churn"]
    revenue, expected, prior = seen["revenue"], seen["expected"], seen["prior"]
    return {
        "reliability": lambda: plots.reliability(seen["churned"], p, prior_p),
        "decile_bars": lambda: plots.decile_bars(revenue, expected, prior, currency="GBP"),
        "gain_curve": lambda: plots.gain_curve(revenue, expected, prior, currency="GBP"),
        "learning_curve": lambda: plots.learning_curve((0, 5, 10), (0.5, 0.4, 0.45), 5),
        "importance": lambda: plots.importance({"n_orders_90d": 2.0, "recency_days": 6.0}),
        "tracking_plot": lambda: plots.tracking_plot(
            weeks, np.arange(9.0), np.arange(9.0), datetime(2025, 2, 1, tzinfo=UTC)
        ),
        "conditional_expectation": lambda: plots.conditional_expectation(
            seen["repeats"], revenue, expected, prior, by="repeat days"
        ),
        "leaderboard": lambda: plots.leaderboard({"a": {"gini": 0.7}, "b": {"gini": 0.6}}),
    }


def bars(axes: Axes) -> list[Rectangle]:
    return [each for each in axes.patches if isinstance(each, Rectangle)]


def labels(axes: Axes) -> list[str]:
    return [str(line.get_label()) for line in axes.get_lines()]


def line(axes: Axes, label: str) -> tuple[Array, Array]:
    found = axes.get_lines()[labels(axes).index(label)]
    return np.asarray(found.get_xdata(), dtype=float), np.asarray(found.get_ydata(), dtype=float)


@pytest.mark.parametrize("count", [1, 200])
@pytest.mark.parametrize("name", every_picture(2))
def test_every_picture_draws_a_titled_png(name: str, count: int) -> None:
    figure, written = every_picture(count)[name](), io.BytesIO()
    figure.savefig(written, format="png", dpi=40)
    assert written.getvalue().startswith(b"\x89PNG")
    assert figure.get_suptitle()


def test_pyplot_and_its_global_state_stay_out() -> None:
    for module in (plots, canvas):
        assert "pyplot" not in inspect.getsource(module)


def test_reliability_shows_each_group_where_it_lies() -> None:
    # Two groups of two: mean .2 and half churned, mean .8 and all churned.
    figure = plots.reliability([0, 1, 1, 1], [0.1, 0.3, 0.7, 0.9], bins=2)
    top, below = figure.axes
    means, shares = line(top, "model")
    assert means == pytest.approx([0.2, 0.8])
    assert shares == pytest.approx([0.5, 1.0])
    assert below.get_xlabel() == "predicted probability of churn"
    assert "prior" not in labels(top)


def test_decile_bars_are_the_means_of_each_tenth_in_money() -> None:
    actual = np.arange(20.0)
    axes = plots.decile_bars(actual, actual + 1.0, currency="GBP").axes[0]
    real, expected = (
        [bar.get_height() for bar in group] for group in (bars(axes)[:10], bars(axes)[10:])
    )
    assert real == pytest.approx(np.arange(10) * 2 + 0.5)
    assert expected == pytest.approx(np.arange(10) * 2 + 1.5)
    assert axes.get_ylabel() == "mean revenue per customer, GBP"


def test_gain_curve_meets_the_top_decile_capture() -> None:
    seen = customers()
    axes = plots.gain_curve(seen["revenue"], seen["expected"], currency="GBP").axes[0]
    label = next(each for each in labels(axes) if each.startswith("model"))
    people, value = line(axes, label)
    assert np.interp(0.1, people, value) == pytest.approx(
        top_decile_capture(seen["revenue"], seen["expected"])
    )


def test_gain_curve_crosses_ties_in_one_straight_step() -> None:
    people, value = canvas.gain(np.array([6.0, 0.0, 2.0]), np.array([5.0, 5.0, 1.0]))
    assert people == pytest.approx([0, 2 / 3, 1])
    assert value == pytest.approx([0, 6 / 8, 1])


def test_learning_curve_marks_the_chosen_round() -> None:
    axes = plots.learning_curve((0, 10, 20), (0.5, 0.4, 0.45), 10).axes[0]
    assert "chosen: 10 rounds" in labels(axes)
    assert axes.get_title(loc="left") == "deviance 0.4000 against 0.5000; lower is better"


def test_learning_curve_without_snapshots_says_so() -> None:
    axes = plots.learning_curve((), (), 0).axes[0]
    assert "prior alone" in axes.get_title(loc="left")


def test_importance_shows_the_first_features_by_readable_names() -> None:
    gains = {f"revenue_{days}d": float(days) for days in range(1, 31)}
    axes = plots.importance(gains, top=20).axes[0]
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    assert len(names) == 20
    assert names[-1] == "revenue, last 30 days"
    assert bars(axes)[-1].get_width() == pytest.approx(30 / 465)


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ("recency_days", "recency days"),
        ("n_orders_90d", "orders, last 90 days"),
        ("orders_trend_30d_share", "orders trend share, last 30 days"),
    ],
)
def test_a_column_has_a_readable_name(column: str, shown: str) -> None:
    assert canvas.readable(column) == shown


def test_cumulative_prediction_continues_what_had_happened() -> None:
    weeks = list(pd.date_range("2025-01-06", periods=4, freq="7D", tz="UTC"))
    figure = plots.tracking_plot(
        weeks, [10, 10, 7, np.nan], [np.nan, np.nan, 8, 8], weeks[2], what="orders"
    )
    weekly, cumulative = figure.axes
    assert line(weekly, "predicted")[1][2:] == pytest.approx([8, 8])
    assert line(cumulative, "predicted")[1][2:] == pytest.approx([28, 36])
    assert line(cumulative, "actual")[1][:3] == pytest.approx([10, 20, 27])


def test_conditional_expectation_groups_by_count_and_says_how_many() -> None:
    figure = plots.conditional_expectation(
        [0, 0, 1, 9, 8], [0, 2, 3, 4, 6], [1, 1, 3, 5, 5], by="repeat days"
    )
    axes = figure.axes[0]
    place, means = line(axes, "actual")
    assert list(zip(place[:2], means[:2], strict=True)) == [(0, 1), (1, 3)]
    assert means[7] == 5
    assert axes.get_xticklabels()[7].get_text() == "7+\nn=2"


def test_other_traits_fall_into_eighths() -> None:
    group, names = canvas.cut(np.arange(80.0) * 10 + 0.5)
    assert np.bincount(group).tolist() == [10] * 8
    assert len(names) == 8


def test_an_axis_starts_at_zero_unless_refunds_go_below() -> None:
    weeks = list(pd.date_range("2025-01-06", periods=2, freq="7D", tz="UTC"))
    bottoms = [
        plots.tracking_plot(weeks, each, each, weeks[0]).axes[0].get_ylim()[0]
        for each in ([5.0, 6.0], [-5.0, 6.0])
    ]
    assert bottoms[0] == 0
    assert bottoms[1] < -4


def test_leaderboard_marks_the_best_of_each_column() -> None:
    scores = {
        "perennial": {"gini": 0.7, "rmse": 30.0, "bias": 0.2, "mae": float("nan")},
        "past_spend": {"gini": 0.6, "rmse": 20.0, "bias": -0.1, "mae": 1234.5},
    }
    cells = plots.leaderboard(scores).axes[0].tables[0].get_celld()
    shown = [[cells[row, column].get_text().get_text() for column in range(4)] for row in (1, 2)]
    assert shown == [["0.7", "30", "0.2", "-"], ["0.6", "20", "-0.1", "1,234"]]
    bold = [
        [cells[row, column].get_text().get_fontweight() for column in range(4)] for row in (1, 2)
    ]
    assert bold == [["bold", "normal", "normal", "normal"], ["normal", "bold", "bold", "bold"]]
