"""The shapes of pictures, in Vega-Lite.

None shows anything by colour alone: what differs has its own mark, place or label too.
"""

from __future__ import annotations

from collections.abc import Sequence

from train.charts.columns import Column, tooltip
from train.charts.theme import (
    ACTUAL,
    BLUE,
    INK,
    MIST,
    MODEL,
    NO_AXIS,
    ORANGE,
    RED,
    SKY,
    SOFT,
    Spec,
    fitting,
    percent_axis,
    sized,
)

# A row of its own for each group, the words above the bar: wide enough on a phone, too.
ROW_HEIGHT = 48
ROW: Spec = {"field": "group", "type": "nominal", "sort": None, "axis": None}
ROW_BAR: Spec = {"height": 15, "yOffset": 10, "cornerRadiusEnd": 3}
ROW_TEXTS: list[Spec] = [
    {"mark": {"type": "text", "align": "left", "yOffset": -9, "fontWeight": 600,
              "limit": {"expr": "width * 0.6"}},
     "encoding": {"x": {"value": 0}, "text": {"field": "group"}}},
    {"mark": {"type": "text", "align": "right", "yOffset": -9, "color": SOFT},
     "encoding": {"x": {"value": "width"}, "text": {"field": "label"}}},
]  # fmt: skip


def intervals(columns: tuple[Column, ...], axis: Spec, *, rows: int) -> Spec:
    """A bar of `clv` for each `group` and its interval as a line, under its name and `label`."""
    x, low, high = (
        {"field": name, "type": "quantitative", "axis": axis}
        for name in ("clv", "clv_low", "clv_high")
    )
    whisker = {"color": INK, "yOffset": 10}
    layers = [
        {"mark": {"type": "bar", "color": BLUE, **ROW_BAR},
         "encoding": {"x": x, "tooltip": tooltip(columns)}},
        {"mark": {"type": "rule", "strokeWidth": 1.6, **whisker},
         "encoding": {"x": low, "x2": {"field": "clv_high"}}},
        *(
            {"mark": {"type": "tick", "thickness": 1.6, "height": 9, **whisker},
             "encoding": {"x": place}}
            for place in (low, high)
        ),
    ]  # fmt: skip
    return sized(ROW_HEIGHT * rows, encoding={"y": ROW}, layer=[*layers, *ROW_TEXTS])


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
    scheme = {"scheme": "blues", "domain": [0, 1]}
    fill = {"field": "shade", "type": "quantitative", "legend": None, "scale": scheme}
    dark = {"test": "datum.shade > 0.68", "value": "white"}
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


DASHES = [[1, 0], [7, 3], [2, 2]] * 5


def lines(
    x: Spec,
    y: Spec,
    *,
    series: list[str],
    colours: Spec,
    legend: Spec,
    dashes: Sequence[Sequence[int]] = DASHES,
) -> Spec:
    """A line for each `series` of `y` over `x`, distinguished by colour and by dashes.

    colours  the range of a scale, or a scheme: {"range": [...]} or {"scheme": ...}
    """
    line = {"field": "series", "type": "nominal", "sort": series, "legend": legend,
            "scale": {"domain": series, **colours}}  # fmt: skip
    dash = {**line, "scale": {"domain": series, "range": dashes}}
    return {
        "encoding": {"x": {"field": "x", **x}, "y": {"field": "y", **y}, "color": line},
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 2.2}, "encoding": {"strokeDash": dash}},
        ],
    }


def curves(columns: tuple[Column, ...], x_title: str, y: Spec, *, series: list[str]) -> Spec:
    """A line for each `series` over `x`, of `y`, with its name at its end, where `end` holds it."""
    drawn = lines(
        {"type": "quantitative", "axis": {"title": x_title, "grid": False, "tickMinStep": 1}},
        {"type": "quantitative", "axis": y},
        series=series,
        # subtle: the last fifth of viridis is too pale for a line
        colours={"scheme": {"name": "viridis", "extent": [0, 0.82]}},
        legend={"symbolType": "stroke", "columns": 4},
    )
    (line,) = drawn["layer"]
    line["encoding"]["tooltip"] = tooltip(columns)
    named: Spec = {"transform": [{"filter": "datum.end !== null"}]}
    return sized(
        320,
        encoding=drawn["encoding"],
        layer=[
            line,
            {"mark": {"type": "point", "shape": "circle", "filled": True, "size": 34, "opacity": 1},
             **named},
            {"mark": {"type": "text", "align": "left", "dx": 7, "fontSize": 11.5},
             "encoding": {"text": {"field": "end"}, "color": {"value": INK}}, **named},
        ],
        padding={"right": 74, "left": 2, "top": 8, "bottom": 4},
    )  # fmt: skip


def actual_and_expected(
    columns: tuple[Column, ...], x_title: str, y: Spec, *, predicted: str = MODEL
) -> Spec:
    """For each `group` a bar of the actual (`came`), with a diamond at the `expected`."""
    x = {"field": "group", "type": "ordinal", "sort": None,
         "axis": {"title": x_title, "labelAngle": 0}}  # fmt: skip
    bar = {"type": "bar", "color": MIST, "stroke": ACTUAL, "strokeWidth": 1, "cornerRadiusEnd": 2}
    diamond = {"type": "point", "filled": True, "size": 95, "shape": "diamond", "opacity": 1,
               "stroke": "white", "strokeWidth": 0.8}  # fmt: skip
    came, expected = (
        {"field": name, "type": "quantitative", "axis": y} for name in ("came", "expected")
    )
    return sized(
        270,
        encoding={"x": x, "tooltip": tooltip(columns)},
        layer=[
            {"mark": bar, "encoding": {"y": came}},
            {"mark": {**diamond, "color": predicted}, "encoding": {"y": expected}},
        ],
    )


def bar_list(columns: tuple[Column, ...], axis: Spec, *, marked: str, rows: int) -> Spec:
    """A bar of `value` for each `group` under its name and `label`; the `marked` stands out."""
    colour = {"condition": {"test": f"datum.group === '{marked}'", "value": RED}, "value": BLUE}
    x = {"field": "value", "type": "quantitative", "axis": axis}
    bar = {"mark": {"type": "bar", **ROW_BAR},
           "encoding": {"x": x, "color": colour, "tooltip": tooltip(columns)}}  # fmt: skip
    return sized(ROW_HEIGHT * rows, encoding={"y": ROW}, layer=[bar, *ROW_TEXTS])


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
                      "legend": {"columns": fitting(230)},
                      "scale": {"domain": kinds, "range": colours}},
            "tooltip": tooltip(columns),
        },
    )  # fmt: skip
