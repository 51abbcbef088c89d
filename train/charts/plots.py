"""Arrays -> pictures of a run: what was predicted, what happened, and what the prior had said.

Each function returns a matplotlib Figure of its own and touches nothing global. Colours mean the
same everywhere: dark is what happened, teal the model, amber the prior.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox
from numpy.typing import ArrayLike

from models.metrics import normalised_gini
from train.charts.canvas import (
    ACTUAL,
    COUNT,
    MODEL,
    PERCENT,
    PRIOR,
    QUIET,
    best,
    blank,
    cut,
    digits,
    dress,
    gain,
    group_means,
    numbers,
    readable,
    start_at_zero,
    voices,
)


def reliability(
    happened: ArrayLike,
    probability: ArrayLike,
    prior: ArrayLike | None = None,
    *,
    bins: int = 10,
    who: str = "customers",
) -> Figure:
    """Predicted against observed probability of churn in groups of equal size, and their spread.

    happened  0 or 1; probability, prior  of the event, in [0, 1]
    """
    truth = numbers(happened)
    figure = blank("Are the churn probabilities right?", height=6.2)
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    top.plot([0, 1], [0, 1], color=QUIET, linestyle="--", linewidth=1, label="perfect")
    for label, colour, guess in voices(probability, prior):
        means, shares = group_means(guess, [guess, truth], bins)
        top.plot(means, shares, "o-", color=colour, label=label, markersize=5)
        below.hist(guess, bins=np.linspace(0, 1, 41), histtype="step", color=colour, linewidth=1.5)
    dress(top, "", "share that churned", f"{truth.size:,} {who} in {bins} groups of equal size")
    dress(below, "predicted probability of churn", who)
    top.set_ylim(-0.02, 1.02)
    top.yaxis.set_major_formatter(PERCENT)
    below.xaxis.set_major_formatter(PERCENT)
    below.yaxis.set_major_formatter(COUNT)
    top.legend(frameon=False)
    return figure


def decile_bars(
    actual: ArrayLike, predicted: ArrayLike, prior: ArrayLike | None = None, *, currency: str
) -> Figure:
    """Mean actual and predicted revenue in tenths of customers, by rising prediction."""
    truth, said = numbers(actual), voices(predicted, prior)
    figure = blank("Is the level right, from the least to the most valuable tenth?", width=9.5)
    panels = figure.subplots(1, len(said), sharey=True, squeeze=False)[0]
    for axes, (label, colour, guess) in zip(panels, said, strict=True):
        expected, real = group_means(guess, [guess, truth], 10)
        place = np.arange(1, len(real) + 1)
        axes.bar(place - 0.2, real, 0.4, color=ACTUAL, label="actual")
        axes.bar(place + 0.2, expected, 0.4, color=colour, label=f"predicted by the {label}")
        note = f"total {guess.sum():,.0f} predicted, {truth.sum():,.0f} {currency} actual"
        dress(axes, f"tenth of customers by the {label}'s prediction", "", note)
        axes.grid(visible=False, axis="x")
        axes.set_xticks(place)
        axes.yaxis.set_major_formatter(COUNT)
        axes.legend(frameon=False)
    panels[0].set_ylabel(f"mean revenue per customer, {currency}")
    return figure


def gain_curve(
    actual: ArrayLike, predicted: ArrayLike, prior: ArrayLike | None = None, *, currency: str
) -> Figure:
    """Share of all revenue held by the customers with the highest predictions."""
    truth = numbers(actual)
    figure = blank("Are the most valuable customers found?")
    axes = figure.subplots()
    axes.plot(*gain(truth, truth), color=ACTUAL, linewidth=1, label="perfect order")
    for label, colour, guess in voices(predicted, prior):
        gini = normalised_gini(truth, guess)
        text = f"{label} (normalised Gini {gini:.3f})"
        axes.plot(*gain(truth, guess), color=colour, linewidth=2, label=text)
    axes.plot([0, 1], [0, 1], color=QUIET, linestyle="--", linewidth=1, label="any order")
    axes.axvline(0.1, color=QUIET, linewidth=0.8, linestyle=":")
    note = f"{truth.size:,} customers, {truth.sum():,.0f} {currency}; dotted: the top tenth"
    dress(axes, "share of customers, highest prediction first", "share of actual revenue", note)
    axes.xaxis.set_major_formatter(PERCENT)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.legend(frameon=False, loc="lower right")
    return figure


def learning_curve(
    rounds: Sequence[int], deviance: Sequence[float], chosen: int, *, model: str = "model"
) -> Figure:
    """Deviance out of time by number of boosting rounds; zero rounds is the prior alone."""
    figure = blank(f"How much boosting does the {model} need?", height=4.2)
    axes = figure.subplots()
    note = "no snapshot to judge by: the prior alone"
    if rounds:
        reached = deviance[list(rounds).index(chosen)]
        axes.plot(rounds, deviance, "o-", color=MODEL, markersize=4)
        axes.axhline(deviance[0], color=PRIOR, linestyle="--", label="prior alone (0 rounds)")
        axes.plot([chosen], [reached], "o", color=MODEL, markersize=11, fillstyle="none")
        axes.axvline(chosen, color=QUIET, linestyle=":", label=f"chosen: {chosen} rounds")
        axes.legend(frameon=False)
        note = f"deviance {reached:.4f} against {deviance[0]:.4f}; lower is better"
    dress(axes, "boosting rounds", "mean deviance, newest snapshot", note)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def importance(
    gains: Mapping[str, float],
    *,
    model: str = "model",
    measure: str = "total gain of all splits",
    top: int = 20,
) -> Figure:
    """The features that count most by some measure, each as its share of the total."""
    total = sum(gains.values()) or 1.0
    shown = sorted(gains.items(), key=lambda each: each[1])[-top:]
    figure = blank(f"What does the {model} look at?", height=1.6 + 0.26 * max(len(shown), 2))
    axes = figure.subplots()
    axes.barh([readable(name) for name, _ in shown], [each / total for _, each in shown], 0.7)
    for bar in axes.patches:
        bar.set_color(MODEL)
    note = f"the first {len(shown)} of {len(gains)} features that its trees use"
    dress(axes, f"share of the {measure}", "", note)
    axes.xaxis.set_major_formatter(PERCENT)
    axes.grid(visible=False, axis="y")
    axes.margins(y=0.01)
    return figure


def tracking_plot(
    dates: Sequence[datetime] | pd.DatetimeIndex,
    actual: ArrayLike,
    predicted: ArrayLike,
    origin: datetime,
    *,
    what: str = "orders",
) -> Figure:
    """Weekly and cumulative totals around the moment of prediction.

    dates  starts of the weeks; actual, predicted  that week's total, NaN where there is none; the
    cumulative prediction continues what had happened before it begins
    """
    figure = blank(f"Do predicted {what} follow the actual ones?", width=9.5)
    panels, moments = (
        figure.subplots(1, 2),
        pd.DatetimeIndex(list(dates)).tz_localize(None).to_numpy(),
    )
    moment = np.datetime64(pd.Timestamp(origin).tz_localize(None))
    before = numbers(actual)[: int(np.argmax(~np.isnan(numbers(predicted))))]
    for label, colour, each in (("actual", ACTUAL, actual), ("predicted", MODEL, predicted)):
        weekly = numbers(each)
        start = 0.0 if label == "actual" else np.nansum(before)
        running = np.where(np.isnan(weekly), np.nan, start + np.nancumsum(weekly))
        panels[0].plot(moments, weekly, color=colour, label=label, linewidth=1.6)
        panels[1].plot(moments, running, color=colour, label=label, linewidth=1.6)
    for axes, title in zip(panels, ("each week", "since the start"), strict=True):
        axes.axvline(moment, color=QUIET, linestyle="--", label="as of")
        dress(axes, "", what, title)
        axes.tick_params(axis="x", rotation=30)
        start_at_zero(axes)
        axes.yaxis.set_major_formatter(COUNT)
        axes.legend(frameon=False)
    return figure


def conditional_expectation(
    trait: ArrayLike,
    actual: ArrayLike,
    expected: ArrayLike,
    prior: ArrayLike | None = None,
    *,
    by: str,
    what: str = "orders in the horizon",
) -> Figure:
    """Mean actual and expected outcome of customers grouped by a trait, such as repeat days."""
    values = numbers(trait)
    group, names = cut(values)
    count = np.bincount(group, minlength=len(names))
    figure = blank(f"Are {what} right, whatever the {by}?")
    axes, place = figure.subplots(), np.arange(len(names))
    series = [("actual", ACTUAL, numbers(actual)), *voices(expected, prior)]
    for label, colour, each in series:
        means = np.bincount(group, weights=each, minlength=len(names)) / np.maximum(count, 1)
        axes.plot(place, means, "o-", color=colour, label=label, markersize=5)
    ticks = [f"{name}\nn={size:,}" for name, size in zip(names, count, strict=True)]
    axes.set_xticks(place, ticks, fontsize=8)
    dress(axes, by, f"mean {what}")
    start_at_zero(axes)
    axes.legend(frameon=False)
    return figure


def leaderboard(scores: Mapping[str, Mapping[str, float]], *, title: str = "Who wins?") -> Figure:
    """Models (rows) by metrics (columns), the best of each column in bold on teal."""
    table = pd.DataFrame({name: dict(each) for name, each in scores.items()}).T
    figure = blank(title, width=2.6 + 1.25 * table.shape[1], height=1.1 + 0.42 * len(table))
    axes = figure.subplots()
    axes.set_axis_off()
    dress(axes, "", "", "bold: the best; of an error the one nearest to zero")
    cells = [[digits(value) for value in row] for row in table.to_numpy(dtype=float)]
    drawn = axes.table(
        cells,
        rowLabels=[readable(str(name)) for name in table.index],
        colLabels=["\n".join(readable(str(name)).rsplit(" ", 1)) for name in table.columns],
        cellLoc="center",
        bbox=Bbox.unit(),
    )
    winners = {(best(table[name]), column) for column, name in enumerate(table.columns)}
    for (row, column), cell in drawn.get_celld().items():
        cell.set_edgecolor("#dfe4ea")
        if row == 0 or column == -1 or (row - 1, column) in winners:
            cell.set_text_props(fontweight="bold")
        if (row - 1, column) in winners:
            cell.set_facecolor("#d5ecee")
    return figure
