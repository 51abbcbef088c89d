"""Predictions beside what happened, customers in groups.

Arrays -> a chart in Vega-Lite that carries its own data and asks its question as its title.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from models.metrics import normalised_gini
from train.charts.chart_types import actual_and_expected
from train.charts.columns import Row
from train.charts.framing import HEIGHT, PANEL, WIDTH, small_print, titled
from train.charts.line_series import LOOKS, Series, numbers, overlaid, predictions, vertical
from train.charts.summaries import Array, gain, group_by_trait, group_means, resampled_curve
from train.charts.theme import SHARE, Spec, count_axis, percent_axis


def decile_bars(
    actual: ArrayLike, predicted: ArrayLike, prior: ArrayLike | None = None, *, currency: str
) -> Spec:
    """Mean actual and predicted revenue in deciles of customers, by rising prediction."""
    truth = numbers(actual)
    panels: list[Spec] = []
    for name, guess in predictions(predicted, prior).items():
        expected, came = group_means(guess, [guess, truth], 10)
        rows: list[Row] = [
            {"group": str(place), "came": float(mean), "expected": float(other)}
            for place, (mean, other) in enumerate(zip(came, expected, strict=True), start=1)
        ]
        drawn = actual_and_expected(
            (),
            f"decile of customers by the {name}'s prediction",
            count_axis(None if panels else f"mean revenue per customer, {currency}"),
            predicted=LOOKS[name][0],
        )
        text = [
            f"diamonds: predicted by the {name}, {guess.sum():,.0f} {currency} in total",
            f"bars: actual, {truth.sum():,.0f} {currency}",
        ]
        panels.append(
            {
                "width": PANEL if prior is not None else WIDTH,
                "height": HEIGHT,
                "title": small_print(text),
                "data": {"values": rows},
                "encoding": drawn["encoding"],
                "layer": drawn["layer"],
            }
        )
    return titled(
        "Is the mean right, from the least to the most valuable decile?",
        "",
        {"hconcat": panels, "spacing": 24, "resolve": {"scale": {"y": "shared"}}},
    )


def gain_curve(
    actual: ArrayLike, predicted: ArrayLike, prior: ArrayLike | None = None, *, currency: str
) -> Spec:
    """Share of all revenue held by the customers with the highest predictions."""
    truth = numbers(actual)
    found = [_gain("perfect order", "actual", truth, truth)]
    for name, guess in predictions(predicted, prior).items():
        text = f"{name} (normalised Gini {normalised_gini(truth, guess):.3f})"
        found.append(_gain(text, name, truth, guess))
    found.append(Series("any order", LOOKS["reference"], [0.0, 1.0], [0.0, 1.0]))
    drawn = overlaid(
        found,
        {"axis": percent_axis("share of customers, highest prediction first"), **SHARE},
        {"axis": percent_axis("share of actual revenue"), **SHARE},
    )
    drawn["layer"].append(vertical({"datum": 0.1}))
    return titled(
        "Are the most valuable customers found?",
        f"{truth.size:,} customers, {truth.sum():,.0f} {currency}; dotted: the top decile",
        {"width": WIDTH, "height": HEIGHT, **drawn},
    )


def conditional_expectation(
    trait: ArrayLike,
    actual: ArrayLike,
    expected: ArrayLike,
    prior: ArrayLike | None = None,
    *,
    by: str,
    what: str = "orders in the horizon",
) -> Spec:
    """Mean actual and expected outcome of customers grouped by a trait, such as repeat days."""
    group, names = group_by_trait(numbers(trait))
    count = np.bincount(group, minlength=len(names))
    places = [f"{name}\nn={size:,}" for name, size in zip(names, count, strict=True)]
    found = []
    series = {"actual": numbers(actual)} | predictions(expected, prior)
    for name, values in series.items():
        means = np.bincount(group, weights=values, minlength=len(names)) / np.maximum(count, 1)
        found.append(Series(name, LOOKS[name], places, means, dots=True))
    axis = {"title": by, "labelAngle": 0, "labelExpr": r"split(datum.label, '\n')"}
    drawn = overlaid(
        found,
        {"type": "ordinal", "sort": None, "axis": axis},
        {"type": "quantitative", "axis": {"title": f"mean {what}", "tickCount": 6}},
    )
    return titled(
        f"Are {what} right, whatever the {by}?",
        f"{group.size:,} customers",
        {"width": WIDTH, "height": HEIGHT, **drawn},
    )


def _gain(name: str, whose: str, actual: Array, predicted: Array) -> Series:
    people, value = resampled_curve(*gain(actual, predicted))
    return Series(name, LOOKS[whose], people.tolist(), value)
