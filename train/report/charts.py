"""The shapes of pictures, in Vega-Lite.

None tells anything by colour alone: what differs has its own mark, place or label too.
"""

from __future__ import annotations

from train.report.parts import Column, Spec
from train.report.theme import (
    BLUE,
    INK,
    NO_AXIS,
    ORANGE,
    PALE,
    RED,
    SKY,
    percent_axis,
    sized,
    tooltip,
)


def intervals(
    columns: tuple[Column, ...], axis: Spec, *, fields: tuple[str, str, str], rows: int
) -> Spec:
    """A bar for each `group`, its interval as a line, its `label` at the end.

    fields  of the value and of the lower and upper end of its interval
    """
    value, low, high = fields
    y = {"field": "group", "type": "nominal", "sort": None, "title": None, "axis": NO_AXIS}
    x = {
        "field": value,
        "type": "quantitative",
        "axis": axis,
    }
    layers: list[Spec] = [
        {"mark": {"type": "bar", "color": BLUE, "height": {"band": 0.62}, "cornerRadiusEnd": 3},
         "encoding": {"x": x, "tooltip": tooltip(columns)}},
        {"mark": {"type": "rule", "color": INK, "strokeWidth": 1.6},
         "encoding": {"x": {"field": low, "type": "quantitative"}, "x2": {"field": high}}},
        *(
            {"mark": {"type": "tick", "color": INK, "thickness": 1.6, "height": 9},
             "encoding": {"x": {"field": end, "type": "quantitative"}}}
            for end in (low, high)
        ),
        {"mark": {"type": "text", "align": "left", "dx": 8},
         "encoding": {"x": {"field": high, "type": "quantitative"}, "text": {"field": "label"}}},
    ]  # fmt: skip
    return sized(34 * rows, encoding={"y": y}, layer=layers, padding={"right": 150, "left": 2})


def shares(columns: tuple[Column, ...], *, x_title: str) -> Spec:
    """A column for each `group` as high as its `share`, the number on top."""
    x = {
        "field": "group",
        "type": "nominal",
        "sort": None,
        "title": x_title,
        "axis": {"labelAngle": 0},
    }
    y = {"field": "share", "type": "quantitative", "axis": percent_axis()}
    return sized(
        230,
        encoding={"x": x, "y": y},
        layer=[
            {"mark": {"type": "bar", "color": BLUE, "cornerRadiusEnd": 3},
             "encoding": {"tooltip": tooltip(columns)}},
            {"mark": {"type": "text", "dy": -8}, "encoding": {"text": {"field": "label"}}},
        ],
    )  # fmt: skip


def histogram(
    columns: tuple[Column, ...], axis: Spec, *, log: bool, marks: list[Spec], most: float
) -> Spec:
    """Customers by bins from `low` to `high`, at `most` so many, and named places on the axis.

    marks  rows with `at`, `name`, `label`, and the `side` of it, left or right
    """
    scale: Spec = {"type": "log", "nice": False} if log else {"type": "linear", "nice": False}
    x = {"type": "quantitative", "scale": scale, "axis": axis}
    bars = {
        "mark": {"type": "bar", "color": BLUE, "binSpacing": 1.5},
        "encoding": {
            "x": {"field": "low", **x},
            "x2": {"field": "high"},
            "y": {"field": "customers", "type": "quantitative",
                  "scale": {"domain": [0, most * 1.16]},
                  "axis": {"title": "customers", "tickCount": 4}},
            "y2": {"datum": 0},
            "tooltip": tooltip(columns),
        },
    }  # fmt: skip
    at = {"field": "at", **x}
    dash = {
        "field": "name", "type": "nominal", "sort": None, "legend": None,
        "scale": {"range": [[1, 0], [5, 3], [2, 2]]},
    }  # fmt: skip
    named = {
        "data": {"values": marks},
        "layer": [
            {"mark": {"type": "rule", "color": INK, "strokeWidth": 1.8},
             "encoding": {"x": at, "strokeDash": dash}},
            *(
                {"mark": {"type": "text", "align": align, "dx": dx, "y": 8, "fontWeight": 600},
                 "transform": [{"filter": f"datum.side == '{side}'"}],
                 "encoding": {"x": at, "text": {"field": "label"}}}
                for side, align, dx in (("left", "right", -6), ("right", "left", 6))
            ),
        ],
    }  # fmt: skip
    return sized(270, layer=[bars, named])


def heatmap(columns: tuple[Column, ...], *, titles: tuple[str, str], rows: int) -> Spec:
    """A cell for each `row` and `column`, darker for more `shade`, with its `label`."""
    across = {"field": "column", "type": "ordinal", "sort": None, "title": titles[0],
              "axis": {"orient": "top", "labelAngle": 0, **NO_AXIS}}  # fmt: skip
    down = {"field": "row", "type": "nominal", "sort": None, "title": titles[1], "axis": NO_AXIS}
    scheme = {"scheme": "viridis", "reverse": True}
    fill = {"field": "shade", "type": "quantitative", "legend": None, "scale": scheme}
    dark = {"test": "datum.shade > 0.45", "value": "white"}
    return sized(
        30 * rows,
        encoding={"x": across, "y": down},
        layer=[
            {"mark": {"type": "rect", "stroke": "white", "strokeWidth": 2, "cornerRadius": 4},
             "encoding": {"color": fill, "tooltip": tooltip(columns)}},
            {"mark": {"type": "text", "fontSize": 11.5},
             "encoding": {"text": {"field": "label"}, "color": {"condition": dark, "value": INK}}},
        ],
    )  # fmt: skip


def curves(columns: tuple[Column, ...], x_title: str, y: Spec, *, series: list[str]) -> Spec:
    """A line for each `series` over `x`, of `y`, with its name at its end, where `end` holds it."""
    line = {"field": "series", "type": "nominal", "sort": series, "legend": None,
            "scale": {"domain": series, "scheme": "viridis"}}  # fmt: skip
    encoding = {
        "x": {"field": "x", "type": "quantitative",
              "axis": {"title": x_title, "grid": False, "tickMinStep": 1}},
        "y": {"field": "y", "type": "quantitative", "axis": y},
        "color": line,
    }  # fmt: skip
    return sized(
        320,
        encoding=encoding,
        layer=[
            {"mark": {"type": "line", "strokeWidth": 2.2},
             "encoding": {"tooltip": tooltip(columns)}},
            {"mark": {"type": "circle", "size": 34, "opacity": 1},
             "transform": [{"filter": "datum.end !== null"}]},
            {"mark": {"type": "text", "align": "left", "dx": 7, "fontSize": 11.5},
             "transform": [{"filter": "datum.end !== null"}],
             "encoding": {"text": {"field": "end"}, "color": {"value": INK}}},
        ],
        padding={"right": 74, "left": 2, "top": 8, "bottom": 4},
    )  # fmt: skip


def beside(
    columns: tuple[Column, ...], x: Spec, y: Spec, *, bar: tuple[str, str], dot: tuple[str, str]
) -> Spec:
    """Bars of one number with dots of another one, each a field and its name in the legend."""
    names = [bar[1], dot[1]]
    colour = {"scale": {"domain": names, "range": [PALE, RED]}, "legend": None}
    dots = {
        "type": "point",
        "filled": True,
        "size": 95,
        "shape": "diamond",
        "opacity": 1,
        "color": RED,
    }
    return sized(
        270,
        encoding={"x": x},
        layer=[
            {"mark": {"type": "bar", "stroke": BLUE, "strokeWidth": 1, "cornerRadiusEnd": 2},
             "encoding": {"y": {"field": bar[0], "type": "quantitative", **y},
                          "color": {"datum": bar[1], **colour}, "tooltip": tooltip(columns)}},
            {"mark": dots,
             "encoding": {"y": {"field": dot[0], "type": "quantitative", **y},
                          "tooltip": tooltip(columns)}},
        ],
    )  # fmt: skip


def months(columns: tuple[Column, ...], axis: Spec, *, kinds: list[str]) -> Spec:
    """A column for each month from `start` to `end`, in parts by `kind` from `bottom` to `top`."""
    colours = [BLUE, SKY, ORANGE][: len(kinds)]
    return sized(
        280,
        mark={"type": "bar", "stroke": "white", "strokeWidth": 1.5},
        encoding={
            "x": {"field": "start", "type": "temporal",
                  "axis": {"title": None, "format": "%b %Y", "grid": False, "labelOverlap": True}},
            "x2": {"field": "end"},
            "y": {"field": "bottom", "type": "quantitative", "axis": axis},
            "y2": {"field": "top"},
            "color": {"field": "kind", "type": "nominal", "sort": kinds,
                      "scale": {"domain": kinds, "range": colours}},
            "tooltip": tooltip(columns),
        },
    )  # fmt: skip
