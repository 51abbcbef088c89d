"""What all pictures share: colours, an empty figure, labels, and groups of customers."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
ACTUAL, MODEL, PRIOR, QUIET = "#2f3640", "#1b7f8c", "#e39a2d", "#9aa5b1"
PERCENT = PercentFormatter(1.0, decimals=0)
COUNT = FuncFormatter(lambda value, _: f"{value:,.0f}")
MOST_GROUPS = 8


def blank(title: str, *, width: float = 7.2, height: float = 5.0) -> Figure:
    """An empty figure, in inches, with its question as the title."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=13)
    return figure


def dress(axes: Axes, x: str, y: str, note: str = "") -> None:
    """Axis labels with their units, a note in small print, a faint grid, no box."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_title(note, loc="left", fontsize=9, color="#57606f")
    axes.grid(color="#e5e9ee", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(QUIET)
    axes.tick_params(color=QUIET)


def start_at_zero(axes: Axes) -> None:
    """Let the vertical axis begin at zero, unless what is shown goes below it."""
    if axes.dataLim.ymin >= 0:
        axes.set_ylim(bottom=0)


def numbers(values: ArrayLike) -> Array:
    """The values as float64."""
    return np.asarray(values, dtype=float)


def voices(model: ArrayLike, prior: ArrayLike | None) -> list[tuple[str, str, Array]]:
    """Name, colour and predictions of the model, and of the prior beside it."""
    said = [("model", MODEL, numbers(model))]
    return said if prior is None else [*said, ("prior", PRIOR, numbers(prior))]


def group_means(by: Array, values: list[Array], groups: int) -> list[Array]:
    """Means of each of `values` in groups of equal size by rising `by`; fewer if customers are."""
    parts = np.array_split(np.argsort(by, kind="stable"), min(groups, by.size))
    return [np.array([each[part].mean() for part in parts]) for each in values]


def gain(actual: Array, predicted: Array) -> tuple[Array, Array]:
    """Shares of customers and of actual value, highest prediction first; ties in one step."""
    _, place = np.unique(-predicted, return_inverse=True)
    people, value = np.bincount(place), np.bincount(place, weights=actual)
    total = value.sum() if value.sum() > 0 else np.nan
    return np.r_[0.0, np.cumsum(people) / actual.size], np.r_[0.0, np.cumsum(value) / total]


def cut(trait: Array) -> tuple[NDArray[np.int64], list[str]]:
    """The group of each customer and the groups' names.

    Whole numbers up to 6 are groups of their own and 7 or more is one; other values fall into
    eighths.
    """
    if (trait == np.round(trait)).all() and np.quantile(trait, 0.5) < MOST_GROUPS - 1:
        group = np.clip(trait, 0, MOST_GROUPS - 1).astype(np.int64)
        names = [str(each) for each in range(int(group.max(initial=0)) + 1)]
        return group, [f"{name}+" if int(name) == MOST_GROUPS - 1 else name for name in names]
    edges = np.unique(np.quantile(trait, np.linspace(0, 1, MOST_GROUPS + 1)))
    if len(edges) == 1:
        return np.zeros(len(trait), dtype=np.int64), [f"{edges[0]:,.0f}"]
    group = np.clip(np.searchsorted(edges, trait, side="right") - 1, 0, max(len(edges) - 2, 0))
    return group.astype(np.int64), [
        f"{low:,.0f}-{high:,.0f}" for low, high in itertools.pairwise(edges)
    ]


def readable(name: str) -> str:
    """A column's name for people: n_orders_90d -> orders, last 90 days."""
    name = re.sub(r"_(\d+)d(_.*)?$", r"\2, last \1 days", name.removeprefix("n_"))
    return name.replace("_", " ")


def digits(value: float) -> str:
    """A number of a table: four digits, but no less than the whole of a large one."""
    if not np.isfinite(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def best(column: pd.Series[float]) -> int:
    """The row of the best value; for a gain the highest, for an error the one nearest to zero."""
    higher = any(word in str(column.name) for word in ("gini", "spearman", "capture", "auc"))
    worth = column.to_numpy(dtype=float) if higher else -np.abs(column.to_numpy(dtype=float))
    return int(np.argmax(np.where(np.isnan(worth), -np.inf, worth)))
