"""One customer along the horizon: value month by month, and whether it is still a customer."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.customer_values import ValueCurve
from train.charts.columns import Row
from train.charts.framing import PANEL, small_print
from train.charts.theme import MODEL, Spec, count_axis, percent_axis

HEIGHT = 260
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
    return {
        "title": {"text": f"What is {customer} worth?", "subtitle": value, "offset": 14},
        "data": {"values": _months(curve, as_of)},
        "hconcat": [_value_by_month(currency), _still_a_customer()],
        "spacing": 24,
    }


def _months(curve: ValueCurve, as_of: datetime) -> list[Row]:
    """One row a month of the horizon: its value, and whether the customer is still one after it."""
    ends = [_wall(as_of + timedelta(days=float(each))) for each in curve.ends]
    starts = [_wall(as_of), *ends[:-1]]
    return [
        {"start": start, "end": end, "value": float(value), "none": 0.0, "still": float(still)}
        for start, end, value, still in zip(
            starts, ends, curve.value[0], curve.survival[0], strict=True
        )
    ]


def _value_by_month(currency: str) -> Spec:
    return {
        "width": PANEL,
        "height": HEIGHT,
        "title": small_print(f"value of each month, discounted, {currency}"),
        "mark": {"type": "bar", "color": MODEL, "stroke": "white", "strokeWidth": 1.5},
        "encoding": {
            "x": {"field": "start", **TIME},
            "x2": {"field": "end"},
            "y": {"field": "value", "type": "quantitative", "axis": count_axis()},
            "y2": {"field": "none"},
        },
    }


def _still_a_customer() -> Spec:
    return {
        "width": PANEL,
        "height": HEIGHT,
        "title": small_print("probability of still being a customer at the month's end"),
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
    }


def _wall(time: datetime) -> str:
    """The day and hour in its own time, as charts read it."""
    return time.replace(tzinfo=None).isoformat()
