"""The frame of a chart: its question, the small print, its size."""

from __future__ import annotations

from train.charts.theme import SOFT, Spec

WIDTH, HEIGHT, PANEL = 580, 340, 380


def titled(question: str, note: str, body: Spec) -> Spec:
    """A chart under its question, with a note where there is one."""
    title: Spec = {"text": question, "offset": 14}
    return {"title": title | ({"subtitle": note} if note else {}), **body}


def small_print(text: str | list[str]) -> Spec:
    """Small print above a panel."""
    return {"text": text, "fontSize": 11.5, "fontWeight": "normal", "color": SOFT, "offset": 8}
