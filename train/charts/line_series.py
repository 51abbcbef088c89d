"""Named series as lines, dots and rules over common axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from train.charts.chart_types import lines
from train.charts.columns import Row
from train.charts.summaries import Array
from train.charts.theme import ACTUAL, INK, MODEL, PRIOR, QUIET, Spec

# A colour, and the lengths of dashes and gaps, pixels.
Look = tuple[str, tuple[int, int]]

# The prior, as readers of a chart know it.
PRIOR_LABEL = "probability model"
LOOKS: dict[str, Look] = {
    "actual": (ACTUAL, (1, 0)),
    "model": (MODEL, (8, 3)),
    "predicted": (MODEL, (8, 3)),
    PRIOR_LABEL: (PRIOR, (3, 3)),
    "reference": (QUIET, (2, 3)),
    "mark": (INK, (2, 3)),
}
DOT: Spec = {"type": "point", "shape": "circle", "filled": True, "size": 44, "opacity": 1}


@dataclass(frozen=True)
class Series:
    """One line of a chart: its name, its look, and its points, x of any kind and y numbers."""

    name: str
    look: Look
    x: Sequence[Any]
    y: ArrayLike
    dots: bool = False

    def rows(self) -> list[Row]:
        """Its points; a number that is not known has none."""
        return [
            {"series": self.name, "x": x, "y": float(y), "dot": self.dots}
            for x, y in zip(self.x, numbers(self.y), strict=True)
            if np.isfinite(y)
        ]


def overlaid(
    shown: Sequence[Series], x: Spec, y: Spec, *, legend: Sequence[Series] | None = None
) -> Spec:
    """Series as lines over common axes, with dots where they have some.

    x, y    channels without their fields
    legend  all series of the chart, where `shown` are a part of them
    """
    every = shown if legend is None else legend
    drawn = lines(
        x,
        y,
        series=[each.name for each in every],
        colours={"range": [each.look[0] for each in every]},
        dashes=[each.look[1] for each in every],
        legend={"symbolType": "stroke", "symbolSize": 400, "symbolStrokeWidth": 2.2},
    )
    dots: Spec = {"mark": DOT, "transform": [{"filter": "datum.dot"}]}
    return {
        "data": {"values": [row for each in shown for row in each.rows()]},
        "encoding": drawn["encoding"],
        "layer": [*drawn["layer"], dots],
    }


def vertical(x: Spec, *, data: list[Row] | None = None) -> Spec:
    """A dotted line from the bottom to the top of a chart, at a datum or at a field of data."""
    mark = {"type": "rule", "strokeDash": [2, 3], "strokeWidth": 1.2}
    drawn: Spec = {"mark": mark, "encoding": {"color": {"value": QUIET}, "x": x, "y": None}}
    return drawn if data is None else drawn | {"data": {"values": data}}


def numbers(values: ArrayLike) -> Array:
    """The values as float64."""
    return np.asarray(values, dtype=float)


def predictions(model: ArrayLike, prior: ArrayLike | None) -> dict[str, Array]:
    """The predictions of the model, and of the prior beside it."""
    found = {"model": numbers(model)}
    return found if prior is None else found | {PRIOR_LABEL: numbers(prior)}
