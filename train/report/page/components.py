"""What a chapter is made of, apart from how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from train.charts.columns import Column, Row
from train.charts.theme import Spec
from train.json_values import plain

WORTH = (
    Column("clv", "value", "exact"),
    Column("clv_low", "80 % interval from", "exact"),
    Column("clv_high", "to", "exact"),
)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A chart of rows, a sentence of what it shows, and its columns for a table.

    spec  in Vega-Lite, without the data
    """

    name: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: list[Row]
    spec: Spec


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows to be read, and a sentence of what they show."""

    name: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: list[Row]


@dataclass(frozen=True)
class Tile:
    """One number for a glance: what it is, the number, and what goes with it."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Tiles:
    """Numbers beside each other."""

    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Card:
    """A group of customers in words, with shares, each in [0, 1], as bars."""

    title: str
    text: str
    shares: tuple[tuple[str, float, str], ...] = ()


@dataclass(frozen=True)
class Cards:
    """Groups beside each other."""

    cards: tuple[Card, ...]


Part = Picture | Table | Tiles | Cards


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """A question and its answer.

    sentences  the most important first
    numbers    every number of the sentences, tiles and cards; those of pictures and tables are rows
    """

    name: str
    title: str
    sentences: tuple[str, ...]
    parts: tuple[Part, ...] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)


def records(frame: pd.DataFrame) -> list[Row]:
    """A frame's columns as rows of plain values; what is unknown is None."""
    return [
        {str(key): plain(value) for key, value in row.items()} for row in frame.to_dict("records")
    ]
