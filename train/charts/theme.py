"""What all pictures share: colours, type, axes, what a pointer shows.

The colours are Okabe and Ito's, which everybody can tell apart.
"""

from __future__ import annotations

from typing import Any

from train.report.page.parts import Column, Spec

BLUE, ORANGE, RED = "#0072B2", "#E69F00", "#D55E00"
INK, SOFT = "#22303c", "#53626f"
SKY, PALE = "#9fc9e3", "#cfe3f0"
# subtle: lengths of text are measured, so the family must be one that a canvas knows
FONT = 'system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif'
MONEY, COUNT = ",.2f", ",.0f"
D3 = {
    "money": MONEY,
    "exact": MONEY,
    "number": MONEY,
    "count": COUNT,
    "days": COUNT,
    "percent": ".1%",
}
NO_AXIS: dict[str, Any] = {"domain": False, "ticks": False, "labelPadding": 8}


def theme() -> Spec:
    """What all pictures share."""
    return {
        "font": FONT,
        "background": "transparent",
        "view": {"stroke": None},
        "axis": {
            "labelColor": "#4a5966",
            "titleColor": "#4a5966",
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "gridColor": "#e7ecf0",
            "domainColor": "#c3ccd4",
            "tickColor": "#c3ccd4",
            "labelLimit": 190,
        },
        "legend": {
            "orient": "top",
            "title": None,
            "labelFontSize": 12.5,
            "labelColor": INK,
            "symbolSize": 90,
            "labelLimit": 320,
        },
        "text": {"fontSize": 12, "color": INK},
    }


def money_axis(symbol: str, title: str | None = None, **options: Any) -> Spec:
    """An axis of money: £2k, £1.5m."""
    large = "replace(replace(format(datum.value, '~s'), 'G', 'bn'), 'M', 'm')"
    text = f"abs(datum.value) < 1 ? format(datum.value, '~g') : {large}"
    quoted = symbol.replace("\\", "").replace("'", "")
    return {"title": title, "labelExpr": f"'{quoted}' + ({text})", "tickCount": 6, **options}


def percent_axis(title: str | None = None, **options: Any) -> Spec:
    """An axis of shares."""
    return {"title": title, "format": ".0%", "tickCount": 5, **options}


def tooltip(columns: tuple[Column, ...]) -> list[Spec]:
    """The columns of a row, shown where the pointer is."""
    return [
        {"field": each.key, "title": each.heading}
        | (
            {"type": "quantitative", "format": D3[each.kind]}
            if each.kind in D3
            else {"type": "nominal"}
        )
        for each in columns
    ]


def fitting(width: float) -> Spec:
    """As many columns of a legend, each so many pixels wide, as there is room for."""
    return {"expr": f"max(1, floor(width / {width:g}))"}


def sized(height: float | Spec, **spec: Any) -> Spec:
    """As wide as the page lets it be."""
    autosize = {"type": "fit-x", "contains": "padding"}
    return {"width": "container", "height": height, "autosize": autosize, **spec}
