"""Scores of models as a table, the best of each metric marked."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from train.charts.columns import Row
from train.charts.framing import titled
from train.charts.summaries import best_row, digits, readable
from train.charts.theme import INK, NO_AXIS, PALE, Spec


def leaderboard(scores: Mapping[str, Mapping[str, float]], *, title: str = "Who wins?") -> Spec:
    """Models (rows) by metrics (columns), the best of each column in bold on blue."""
    names = {"labelFontWeight": 600, "labelColor": INK, "title": None, **NO_AXIS}
    heads = {"orient": "top", "labelAngle": 0, "labelFontWeight": 600, **NO_AXIS}
    heads |= {"labelColor": INK, "title": None}
    return titled(
        title,
        "bold: the best; of an error the one nearest to zero",
        {
            "width": {"step": 118},
            "height": {"step": 34},
            "data": {"values": _cells(scores)},
            "encoding": {
                "x": {"field": "metric", "type": "nominal", "sort": None, "axis": heads},
                "y": {"field": "model", "type": "nominal", "sort": None, "axis": names},
            },
            "layer": _layers(),
        },
    )


def _cells(scores: Mapping[str, Mapping[str, float]]) -> list[Row]:
    """One row a score, with whether it is the best of its metric."""
    table = pd.DataFrame({name: dict(each) for name, each in scores.items()}).T
    winner = {str(name): str(table.index[best_row(table[name])]) for name in table.columns}
    return [
        {
            "model": readable(str(model)),
            "metric": readable(str(metric)),
            "label": digits(float(value)),
            "best": winner[str(metric)] == model,
        }
        for model, line in table.iterrows()
        for metric, value in line.items()
    ]


def _layers() -> list[Spec]:
    """A cell and the number in it."""
    marked = {"test": "datum.best", "value": PALE}
    weight = {"fontWeight": {"expr": "datum.best ? 'bold' : 'normal'"}}
    return [
        {
            "mark": {"type": "rect", "stroke": "#e3e9ee", "strokeWidth": 1},
            "encoding": {"color": {"condition": marked, "value": "white"}},
        },
        {"mark": {"type": "text", **weight}, "encoding": {"text": {"field": "label"}}},
    ]
