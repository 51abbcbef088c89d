"""Charts of a run: predictions, the actual outcome, and predictions of the probability model alone.

Arrays -> a chart in Vega-Lite that carries its own data and asks its question as its title.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.metrics import normalised_gini
from train.charts.chart_types import actual_and_expected
from train.charts.columns import Row
from train.charts.line_series import (
    LOOKS,
    PRIOR_LABEL,
    Series,
    numbers,
    overlaid,
    predictions,
    vertical,
)
from train.charts.summaries import (
    Array,
    best_row,
    digits,
    gain,
    group_by_trait,
    group_means,
    readable,
    resampled_curve,
)
from train.charts.theme import INK, MODEL, NO_AXIS, PALE, SOFT, Spec, count_axis, percent_axis

WIDTH, HEIGHT, PANEL = 580, 340, 380
SHARE: Spec = {"type": "quantitative", "scale": {"domain": [0, 1], "nice": False}}
# Deviance is shown where it differs, everything else from zero.
LOOSE: Spec = {"zero": False}


def reliability(
    happened: ArrayLike,
    probability: ArrayLike,
    prior: ArrayLike | None = None,
    *,
    bins: int = 10,
    who: str = "customers",
) -> Spec:
    """Predicted against observed probability of churn in groups of equal size, and their spread.

    happened  0 or 1; probability, prior  of the event, in [0, 1]
    """
    truth, guesses = numbers(happened), predictions(probability, prior)
    groups = {name: group_means(guess, [guess, truth], bins) for name, guess in guesses.items()}
    highest = max(float(means.max()) for pair in groups.values() for means in pair)
    end = 1.0 if highest > 0.5 else np.ceil(highest * 110.0) / 100.0
    edges = np.linspace(0.0, end, 41)
    above = max(int((guess > end).sum()) for guess in guesses.values())
    perfect = Series("perfect", LOOKS["reference"], [0.0, end], [0.0, end])
    found, spread = [perfect], []
    for name, guess in guesses.items():
        means, shares = groups[name]
        count, _ = np.histogram(np.minimum(guess, end), bins=edges)
        found.append(Series(name, LOOKS[name], means.tolist(), shares, dots=True))
        spread.append(Series(name, LOOKS[name], edges.tolist(), np.r_[count, count[-1:]]))
    x: Spec = {"type": "quantitative", "scale": {"domain": [0, end], "nice": False}}
    note = f"{truth.size:,} {who} in {bins} groups of equal size"
    below = overlaid(
        spread,
        x | {"axis": percent_axis("predicted probability of churn")},
        {"type": "quantitative", "axis": count_axis(who, tickCount=3)},
        legend=found,
    )
    below["layer"][0]["mark"]["interpolate"] = "step-after"
    top = overlaid(
        found,
        x | {"axis": percent_axis(None, labels=False, ticks=False)},
        {
            "type": "quantitative",
            "axis": percent_axis("share that churned"),
            "scale": {"domainMin": 0, "domainMax": end, "nice": False},
        },
    )
    return _titled(
        "Are the churn probabilities right?",
        note + (f"; of {above:,} the predicted one lies to the right" if above else ""),
        {
            "vconcat": [
                {"width": WIDTH, "height": 300, **top},
                {"width": WIDTH, "height": 80, **below},
            ],
            "spacing": 14,
        },
    )


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
                "title": _note(text),
                "data": {"values": rows},
                "encoding": drawn["encoding"],
                "layer": drawn["layer"],
            }
        )
    return _titled(
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
    return _titled(
        "Are the most valuable customers found?",
        f"{truth.size:,} customers, {truth.sum():,.0f} {currency}; dotted: the top decile",
        {"width": WIDTH, "height": HEIGHT, **drawn},
    )


def learning_curve(
    rounds: Sequence[int], deviance: Sequence[float], chosen: int, *, model: str = "model"
) -> Spec:
    """Deviance out of time by number of boosting rounds; zero rounds is the probability model."""
    note, found = (
        "no snapshot to evaluate on: the probability model alone",
        [Series("model", LOOKS["model"], [], [])],
    )
    if rounds:
        reached = deviance[list(rounds).index(chosen)]
        note = f"deviance {reached:.4f} against {deviance[0]:.4f}; lower is better"
        ends = [rounds[0], rounds[-1]]
        found = [
            Series("model", (MODEL, (1, 0)), rounds, deviance, dots=True),
            Series(
                "probability model alone (0 rounds)", LOOKS[PRIOR_LABEL], ends, [deviance[0]] * 2
            ),
            Series(f"chosen: {chosen} rounds", LOOKS["mark"], [chosen], [reached]),
        ]
    axis = {"title": "boosting rounds", "tickMinStep": 1, "format": "d"}
    drawn = overlaid(
        found,
        {"type": "quantitative", "axis": axis},
        {
            "type": "quantitative",
            "scale": LOOSE,
            "axis": {"title": "mean deviance, newest snapshot", "tickCount": 6},
        },
    )
    if rounds:
        ring = {"type": "point", "shape": "circle", "size": 240, "strokeWidth": 1.6, "color": INK}
        only = {"transform": [{"filter": {"field": "series", "equal": found[-1].name}}]}
        drawn["layer"] += [
            vertical({"datum": chosen}),
            {"mark": ring, "encoding": {"color": {"value": INK}}, **only},
        ]
    return _titled(
        f"How much boosting does the {model} need?",
        note,
        {"width": WIDTH, "height": 260, **drawn},
    )


def importance(
    gains: Mapping[str, float],
    *,
    model: str = "model",
    measure: str = "total gain of all splits",
    top: int = 20,
) -> Spec:
    """The features that count most by some measure, each as its share of the total."""
    total = sum(gains.values()) or 1.0
    shown = sorted(gains.items(), key=lambda pair: pair[1], reverse=True)[:top]
    x = {"field": "share", "type": "quantitative", "axis": percent_axis(f"share of the {measure}")}
    names = {"title": None, "grid": False, "domain": False, "ticks": False, "labelLimit": 260}
    return _titled(
        f"What does the {model} look at?",
        f"the first {len(shown)} of {len(gains)} features that its trees use",
        {
            "width": 460,
            "height": {"step": 21},
            "data": {
                "values": [
                    {"feature": readable(name), "share": gain / total} for name, gain in shown
                ]
            },
            "mark": {"type": "bar", "color": MODEL, "height": 14, "cornerRadiusEnd": 2},
            "encoding": {
                "y": {"field": "feature", "type": "nominal", "sort": None, "axis": names},
                "x": x,
            },
        },
    )


def tracking_plot(
    dates: Sequence[datetime] | pd.DatetimeIndex,
    actual: ArrayLike,
    predicted: ArrayLike,
    origin: datetime,
    *,
    what: str = "orders",
) -> Spec:
    """Weekly and cumulative totals around the day of prediction.

    dates  starts of the weeks; actual, predicted  that week's total, NaN where there is none; the
    cumulative prediction continues what had happened before it begins
    """
    came, expected = numbers(actual), numbers(predicted)
    weeks = [_wall(each) for each in pd.DatetimeIndex(list(dates))]
    before = float(np.nansum(came[: int(np.argmax(~np.isnan(expected)))]))
    weekly = {"actual": came, "predicted": expected}
    running = {"actual": _running(came, 0.0), "predicted": _running(expected, before)}
    panels: list[Spec] = []
    for note, columns in (("each week", weekly), ("since the start", running)):
        found = [Series(name, LOOKS[name], weeks, values) for name, values in columns.items()]
        drawn = overlaid(found, _DAYS, {"type": "quantitative", "axis": count_axis(what)})
        drawn["layer"] += _marked(origin)
        panels.append({"width": PANEL, "height": HEIGHT, "title": _note([note]), **drawn})
    question = f"Do predicted {what} follow the actual ones?"
    return _titled(question, "", {"hconcat": panels, "spacing": 24})


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
    return _titled(
        f"Are {what} right, whatever the {by}?",
        f"{group.size:,} customers",
        {"width": WIDTH, "height": HEIGHT, **drawn},
    )


def survival(months: Sequence[float], shares: Mapping[str, ArrayLike]) -> Spec:
    """Share of subscribers still there by months since the start, actual and predicted."""
    found = [Series(name, LOOKS[name], months, share) for name, share in shares.items()]
    axis = {"title": "months since the start", "tickMinStep": 1, "format": "d"}
    drawn = overlaid(
        found,
        {"type": "quantitative", "axis": axis, "scale": {"nice": False}},
        {"axis": percent_axis("share still there"), **SHARE},
    )
    body = {"width": WIDTH, "height": HEIGHT, **drawn}
    return _titled("How long do subscribers stay?", "", body)


def leaderboard(scores: Mapping[str, Mapping[str, float]], *, title: str = "Who wins?") -> Spec:
    """Models (rows) by metrics (columns), the best of each column in bold on blue."""
    table = pd.DataFrame({name: dict(each) for name, each in scores.items()}).T
    winner = {str(name): str(table.index[best_row(table[name])]) for name in table.columns}
    rows: list[Row] = [
        {
            "model": readable(str(model)),
            "metric": readable(str(metric)),
            "label": digits(float(value)),
            "best": winner[str(metric)] == model,
        }
        for model, line in table.iterrows()
        for metric, value in line.items()
    ]
    heads = {"orient": "top", "labelAngle": 0, "labelFontWeight": 600, **NO_AXIS}
    heads |= {"labelColor": INK, "title": None}
    names = {"labelFontWeight": 600, "labelColor": INK, "title": None, **NO_AXIS}
    marked = {"test": "datum.best", "value": PALE}
    weight = {"fontWeight": {"expr": "datum.best ? 'bold' : 'normal'"}}
    return _titled(
        title,
        "bold: the best; of an error the one nearest to zero",
        {
            "width": {"step": 118},
            "height": {"step": 34},
            "data": {"values": rows},
            "encoding": {
                "x": {
                    "field": "metric",
                    "type": "nominal",
                    "sort": None,
                    "axis": heads,
                },
                "y": {"field": "model", "type": "nominal", "sort": None, "axis": names},
            },
            "layer": [
                {
                    "mark": {"type": "rect", "stroke": "#e3e9ee", "strokeWidth": 1},
                    "encoding": {"color": {"condition": marked, "value": "white"}},
                },
                {"mark": {"type": "text", **weight}, "encoding": {"text": {"field": "label"}}},
            ],
        },
    )


_DAYS: Spec = {
    "type": "temporal",
    "scale": {"type": "utc"},
    "axis": {"title": None, "format": "%b %Y", "labelOverlap": True, "tickCount": 6},
}


def _gain(name: str, whose: str, actual: Array, predicted: Array) -> Series:
    people, value = resampled_curve(*gain(actual, predicted))
    return Series(name, LOOKS[whose], people.tolist(), value)


def _running(weekly: Array, start: float) -> Array:
    return np.where(np.isnan(weekly), np.nan, start + np.nancumsum(weekly))


def _wall(time: datetime) -> str:
    """The day and hour in its own time, as if that were UTC."""
    return f"{pd.Timestamp(time).tz_localize(None).isoformat()}Z"


def _marked(origin: datetime) -> list[Spec]:
    """The day of prediction as a line with its name."""
    data: list[Row] = [{"x": _wall(origin)}]
    text = {"type": "text", "align": "right", "dx": -6, "y": 8, "text": "as of"}
    return [
        vertical({"field": "x", **_DAYS}, data=data),
        {"mark": text, "encoding": {"color": {"value": SOFT}, "y": None}, "data": {"values": data}},
    ]


def _titled(question: str, note: str, body: Spec) -> Spec:
    title: Spec = {"text": question, "offset": 14}
    return {"title": title | ({"subtitle": note} if note else {}), **body}


def _note(text: list[str]) -> Spec:
    """Small print above a panel."""
    return {"text": text, "fontSize": 11.5, "fontWeight": "normal", "color": SOFT, "offset": 8}
