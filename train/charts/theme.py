"""What all charts share: colours, fonts, axes, sizes.

The colours are Okabe and Ito's, which everybody can tell apart. They mean the same everywhere: dark
is what happened, blue what the model predicted, amber what the prior did.
"""

from __future__ import annotations

from typing import Any

# A chart in Vega-Lite.
Spec = dict[str, Any]

BLUE, ORANGE, RED = "#0072B2", "#E69F00", "#D55E00"
INK, SOFT, QUIET = "#22303c", "#53626f", "#9aa5b1"
SKY, PALE, MIST = "#9fc9e3", "#cfe3f0", "#dde4ea"
ACTUAL, MODEL, PRIOR = INK, BLUE, ORANGE
# subtle: lengths of text are measured, so the family must be one that a canvas knows
FONT = 'system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif'
COUNT = ",.0f"
NO_AXIS: Spec = {"domain": False, "ticks": False, "labelPadding": 8}
# A channel of shares, from none to all.
SHARE: Spec = {"type": "quantitative", "scale": {"domain": [0, 1], "nice": False}}


def theme() -> Spec:
    """The configuration of every chart, in Vega-Lite."""
    return {
        "font": FONT,
        "background": "transparent",
        "view": {"stroke": None},
        "title": {
            "anchor": "start",
            "frame": "group",
            "fontSize": 15,
            "color": INK,
            "subtitleColor": SOFT,
            "subtitleFontSize": 11.5,
            "subtitlePadding": 5,
            "offset": 12,
        },
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


def count_axis(title: str | None = None, **options: Any) -> Spec:
    """An axis of numbers: 12,000."""
    return {"title": title, "format": ",~f", "tickCount": 6, **options}


def fitting(width: float) -> Spec:
    """As many columns of a legend, each so many pixels wide, as there is room for."""
    return {"expr": f"max(1, floor(width / {width:g}))"}


def sized(height: float | Spec, **spec: Any) -> Spec:
    """As wide as the page lets it be."""
    autosize = {"type": "fit-x", "contains": "padding"}
    return {"width": "container", "height": height, "autosize": autosize, **spec}
