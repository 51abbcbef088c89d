"""What happened and what was predicted, over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from train.charts.columns import Row
from train.charts.framing import HEIGHT, PANEL, WIDTH, small_print, titled
from train.charts.line_series import LOOKS, Series, numbers, overlaid, vertical
from train.charts.summaries import Array
from train.charts.theme import SHARE, SOFT, Spec, count_axis, percent_axis


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
        panels.append({"width": PANEL, "height": HEIGHT, "title": small_print([note]), **drawn})
    question = f"Do predicted {what} follow the actual ones?"
    return titled(question, "", {"hconcat": panels, "spacing": 24})


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
    return titled("How long do subscribers stay?", "", body)


_DAYS: Spec = {
    "type": "temporal",
    "scale": {"type": "utc"},
    "axis": {"title": None, "format": "%b %Y", "labelOverlap": True, "tickCount": 6},
}


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
