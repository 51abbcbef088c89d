"""Predicted probabilities of churn beside the shares that did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from train.charts.framing import WIDTH, titled
from train.charts.line_series import LOOKS, Series, numbers, overlaid, predictions
from train.charts.summaries import Array, group_means
from train.charts.theme import Spec, count_axis, percent_axis


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
    end = _end(groups)
    observed = [Series("perfect", LOOKS["reference"], [0.0, end], [0.0, end])]
    for name, (means, shares) in groups.items():
        observed.append(Series(name, LOOKS[name], means.tolist(), shares, dots=True))
    note = f"{truth.size:,} {who} in {bins} groups of equal size"
    above = max(int((guess > end).sum()) for guess in guesses.values())
    top = {"width": WIDTH, "height": 300, **_observed_shares(observed, end)}
    below = {"width": WIDTH, "height": 80, **_spread(guesses, end, who, legend=observed)}
    return titled(
        "Are the churn probabilities right?",
        note + (f"; of {above:,} the predicted one lies to the right" if above else ""),
        {"vconcat": [top, below], "spacing": 14},
    )


def _end(groups: Mapping[str, Sequence[Array]]) -> float:
    """Where both axes end: at certainty, or a tenth above the highest group where all are small."""
    highest = max(float(means.max()) for pair in groups.values() for means in pair)
    return 1.0 if highest > 0.5 else float(np.ceil(highest * 110.0) / 100.0)


def _observed_shares(observed: Sequence[Series], end: float) -> Spec:
    """The share that churned in each group, over the mean that was predicted of it."""
    return overlaid(
        observed,
        _probability(end) | {"axis": percent_axis(None, labels=False, ticks=False)},
        {
            "type": "quantitative",
            "axis": percent_axis("share that churned"),
            "scale": {"domainMin": 0, "domainMax": end, "nice": False},
        },
    )


def _spread(
    guesses: Mapping[str, Array], end: float, who: str, *, legend: Sequence[Series]
) -> Spec:
    """How many were predicted each probability; those beyond the end are counted at it."""
    edges, spread = np.linspace(0.0, end, 41), []
    for name, guess in guesses.items():
        count, _ = np.histogram(np.minimum(guess, end), bins=edges)
        spread.append(Series(name, LOOKS[name], edges.tolist(), np.r_[count, count[-1:]]))
    drawn = overlaid(
        spread,
        _probability(end) | {"axis": percent_axis("predicted probability of churn")},
        {"type": "quantitative", "axis": count_axis(who, tickCount=3)},
        legend=legend,
    )
    drawn["layer"][0]["mark"]["interpolate"] = "step-after"
    return drawn


def _probability(end: float) -> Spec:
    return {"type": "quantitative", "scale": {"domain": [0, end], "nice": False}}
