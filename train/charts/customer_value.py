"""One customer along the horizon: value month by month, and whether it is still a customer."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.customer_values import ValueCurve
from train.charts.columns import Row
from train.charts.theme import MODEL, SOFT, Spec, count_axis, percent_axis

HEIGHT, PANEL = 260, 380
TIME: Spec = {
    "type": "temporal",
    "axis": {
        "title": None,
        "format": "%-d %b %Y",
        "grid": False,
        "labelOverlap": True,
        "tickCount": {"interval": "month", "step": 1},
    },
}


def customer_value(
    curve: ValueCurve, as_of: datetime, *, customer: str, value: str, currency: str
) -> Spec:
    """The first customer of a curve.

    as_of   when the horizon begins, in the time zone that is shown
    value   what clv is, in words
    """
    ends = [_wall(as_of + timedelta(days=float(each))) for each in curve.ends]
    starts = [_wall(as_of), *ends[:-1]]
    months: list[Row] = [
        {"start": start, "end": end, "value": float(value), "none": 0.0, "still": float(still)}
        for start, end, value, still in zip(
            starts, ends, curve.value[0], curve.survival[0], strict=True
        )
    ]
    return {
        "title": {"text": f"What is {customer} worth?", "subtitle": value, "offset": 14},
        "data": {"values": months},
        "hconcat": [
            {
                "width": PANEL,
                "height": HEIGHT,
                "title": _note(f"value of each month, discounted, {currency}"),
                "mark": {"type": "bar", "color": MODEL, "stroke": "white", "strokeWidth": 1.5},
                "encoding": {
                    "x": {"field": "start", **TIME},
                    "x2": {"field": "end"},
                    "y": {"field": "value", "type": "quantitative", "axis": count_axis()},
                    "y2": {"field": "none"},
                },
            },
            {
                "width": PANEL,
                "height": HEIGHT,
                "title": _note("probability of still being a customer at the month's end"),
                "mark": {"type": "line", "color": MODEL, "point": {"color": MODEL, "size": 44}},
                "encoding": {
                    "x": {"field": "end", **TIME},
                    "y": {
                        "field": "still",
                        "type": "quantitative",
                        "scale": {"domain": [0, 1]},
                        "axis": percent_axis(),
                    },
                },
            },
        ],
        "spacing": 24,
    }


def _note(text: str) -> Spec:
    return {"text": text, "fontSize": 11.5, "fontWeight": "normal", "color": SOFT, "offset": 8}


def _wall(time: datetime) -> str:
    """The day and hour in its own time, as charts read it."""
    return time.replace(tzinfo=None).isoformat()
