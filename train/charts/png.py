"""A chart as a picture file, for those who do not open it in a browser."""

from __future__ import annotations

from train.charts.drawing_library import drawing_library
from train.charts.theme import Spec, theme

SCALE = 1.5
PAPER: Spec = {"background": "white", "padding": 14}


def png(chart: Spec) -> bytes:
    """A chart with its data, in Vega-Lite, as a PNG of about a thousand pixels' width.

    Its fonts and Vega itself come with vl-convert: nothing is fetched. The first chart of a process
    takes a second more, in which the JavaScript runtime starts. Raises DataError where it cannot.
    """
    return bytes(drawing_library().vegalite_to_png(chart, scale=SCALE, config=theme() | PAPER))


def svg(chart: Spec) -> str:
    """The same as an SVG, whose text stays text. Raises DataError where it cannot be drawn."""
    return str(drawing_library().vegalite_to_svg(chart, config=theme() | PAPER))
