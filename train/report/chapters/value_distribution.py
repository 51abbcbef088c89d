"""How value is spread over customers: many bring little, few bring most."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from train.charts.chart_types import histogram, shares
from train.charts.columns import Column, Row
from train.charts.theme import Spec, money_axis
from train.report.facts.shared import ReportFacts
from train.report.page.components import Chapter, Picture

BINS = 36
# A mean so far above the median that bins of equal width would all be one.
SKEW = 2.0
SPREAD = (
    Column("low", "value from", "exact"),
    Column("high", "to", "exact"),
    Column("customers", "customers", "count"),
)
DECILES = (
    Column("group", "decile of the customers"),
    Column("share", "share of the value", "percent"),
    Column("customers", "customers", "count"),
    Column("clv", "value", "exact"),
)
Array = NDArray[np.float64]


def chapter(facts: ReportFacts) -> Chapter | None:
    """The distribution of clv, and the share of each decile; nothing where no value is known."""
    clv = facts.predictions["clv"].dropna()
    if clv.empty:
        return None
    known = {
        "days": facts.inputs.horizon_days,
        "mean": clv.mean(),
        "median": clv.median(),
        "below_mean": float((clv < clv.mean()).mean()),
        "highest": clv.max(),
    }
    lead = (
        "A customer is worth {mean:money} on average {span:text}, but the one in the middle "
        "{median:money}: {below_mean:percent} of the customers lie below the average."
    )
    return Chapter(
        name="value",
        title="Value",
        sentences=(facts.words.fill(lead, span=facts.span, **known),),
        parts=(_spread(facts, clv, known), _deciles(facts, clv)),
        numbers=known,
    )


def _spread(facts: ReportFacts, clv: pd.Series, known: dict[str, Any]) -> Picture:
    """Bins of clv, of equal width on a logarithmic scale where values are positive and skew."""
    values = clv.to_numpy(dtype=float)
    log = bool(values.min() > 0.0 and values.mean() > SKEW * np.median(values))
    edges, shown = _edges(values, log=log)
    counts, _ = np.histogram(values[shown], edges)
    rows = [
        {"low": float(low), "high": float(high), "customers": int(number)}
        for low, high, number in zip(edges, edges[1:], counts, strict=False)
        if number or not log
    ]
    beyond = int((~shown).sum())
    scale = "The scale is logarithmic: each step to the right multiplies the value. " if log else ""
    rest = "{beyond:count} customers lie beyond the picture. " if beyond else ""
    sentence = scale + rest + "The most valuable customer is expected to bring {highest:money}."
    return Picture(
        name="spread",
        title="How many customers are worth how much",
        caption=facts.words.fill(sentence, beyond=beyond, **known),
        columns=SPREAD,
        rows=rows,
        spec=histogram(
            SPREAD,
            _axis(facts, edges, log=log),
            log=log,
            marks=_marks(facts, known),
            most=max(each["customers"] for each in rows),
        ),
    )


def _edges(values: Array, *, log: bool) -> tuple[Array, NDArray[np.bool_]]:
    """Edges of bins, and which values lie between the first and the last."""
    low, high = (values.min(), values.max()) if log else np.quantile(values, [0.0, 0.99])
    if not high > low:
        low, high = (low / 1.5, low * 1.5) if log else (low - 1.0, low + 1.0)
    edges = np.geomspace(low, high, BINS + 1) if log else np.linspace(low, high, BINS + 1)
    # subtle: the ends of a geometric row are rounded, and the extremes must stay inside
    edges[0], edges[-1] = low, high
    return edges, (values >= low) & (values <= high)


def _marks(facts: ReportFacts, known: dict[str, Any]) -> list[Spec]:
    """Mean and median, the label of the lower one on its left."""
    at = {name: float(known[name]) for name in ("mean", "median")}
    lower = min(at, key=lambda name: at[name])
    return [
        {
            "at": value,
            "name": name,
            "side": "left" if name == lower else "right",
            "label": f"{name} {facts.words.money(value)}",
        }
        for name, value in at.items()
    ]


def _axis(facts: ReportFacts, edges: Array, *, log: bool) -> Spec:
    title = f"value {facts.span}"
    if not log:
        return money_axis(facts.words.symbol, title, grid=False)
    decades = range(int(np.floor(np.log10(edges[0]))), int(np.ceil(np.log10(edges[-1]))) + 1)
    places = [part * 10.0**decade for decade in decades for part in (1, 3)]
    shown = [place for place in places if edges[0] <= place <= edges[-1]]
    return money_axis(facts.words.symbol, title, grid=False, values=shown, labelOverlap="greedy")


def _short(facts: ReportFacts, share: float | None) -> str:
    """A share that fits on a column."""
    return facts.words.format_field(share, "percent").replace("under ", "<").replace("\u00a0", "")


def _deciles(facts: ReportFacts, clv: pd.Series) -> Picture:
    parts = np.array_split(np.sort(clv.to_numpy(dtype=float))[::-1], min(10, len(clv)))
    total = float(clv.sum())
    rows: list[Row] = [
        {
            "group": "best" if place == 0 else str(place + 1),
            "customers": len(part),
            "clv": float(part.sum()),
            "share": float(part.sum()) / total if total > 0 else None,
        }
        for place, part in enumerate(parts)
    ]
    rows = [each | {"label": _short(facts, each["share"])} for each in rows]
    lower = sum(each["clv"] for each in rows[len(parts) // 2 :])
    sentence = (
        "Customers in deciles by value, the best first: the best decile brings {best:percent}, "
        "the lower half together {lower:percent}."
    )
    return Picture(
        name="tenths",  # of the HTML id, which stays
        title="Who brings it",
        caption=facts.words.fill(
            sentence, best=rows[0]["share"], lower=lower / total if total > 0 else None
        ),
        columns=DECILES,
        rows=rows,
        spec=shares(DECILES, x_title="decile of the customers, by value"),
    )
