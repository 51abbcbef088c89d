"""The shop at a glance: how many customers, what they will bring, and how sure that is."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import numpy as np

from features.timestamps import MONTH_DAYS
from models.purchases.predictor import PurchasePredictor
from train.charts.chart_types import months
from train.charts.columns import Row
from train.charts.theme import money_axis
from train.report.chapters.overview import COLUMNS, KINDS, TILES, _row, expected_months, numbers
from train.report.facts.purchases import PurchaseFacts
from train.report.page.components import Chapter, Picture, Tile, Tiles

PAST_MONTHS = 24


def chapter(facts: PurchaseFacts) -> Chapter:
    """Tiles, a sentence about new customers, and revenue month by month."""
    known = _numbers(facts)
    fill = facts.words.fill
    tiles = tuple(Tile(*(fill(text, **known) for text in each)) for each in TILES)
    new = (
        "This is what customers who have bought before will bring. Those who come for the first "
        "time are not in it: in the last {days:days} they brought {new_revenue:money} of "
        "{last_revenue:money} ({new_share:percent})."
    )
    return Chapter(
        name="headline",
        title="At a glance",
        sentences=(),
        parts=(Tiles(tiles), _months(facts, fill(new, **known))),
        numbers=known,
    )


def _numbers(facts: PurchaseFacts) -> dict[str, Any]:
    last, new = _last_revenue(facts)
    return numbers(facts) | {
        "orders": float((1.0 - facts.predictions["p_churn"]).sum()),
        "last_revenue": last,
        "new_revenue": new,
        "new_share": new / last if last > 0 else None,
    }


def _last_revenue(facts: PurchaseFacts) -> tuple[float, float]:
    """Net revenue of a horizon's length before as_of, and that of customers who were new then."""
    inputs = facts.inputs
    since = inputs.as_of - timedelta(days=inputs.horizon_days)
    lines = inputs.log.lines
    recent = lines[lines["us"] >= since.timestamp() * 1e6]
    first = lines[lines["amount"] > 0].groupby("customer_id")["us"].min()
    new = recent["customer_id"].map(first) >= since.timestamp() * 1e6
    return float(recent["amount"].sum()), float(recent.loc[new, "amount"].sum())


def _months(facts: PurchaseFacts, new: str) -> Picture:
    return Picture(
        name="months",
        title="Revenue month by month, and what is expected",
        caption=new,
        columns=COLUMNS,
        rows=[*_past(facts), *_coming(facts)],
        spec=months(COLUMNS, money_axis(facts.words.symbol), kinds=list(KINDS)),
    )


def _past(facts: PurchaseFacts) -> list[Row]:
    """Net revenue of months of which the last ends at as_of, the oldest first."""
    inputs = facts.inputs
    lines, as_of = inputs.log.lines, inputs.as_of
    known = int((as_of - inputs.log.first).days // MONTH_DAYS)
    edges = [
        as_of - timedelta(days=MONTH_DAYS * back)
        for back in range(min(PAST_MONTHS, max(known, 1)), -1, -1)
    ]
    at = np.array([each.timestamp() * 1e6 for each in edges])
    first = lines[lines["amount"] > 0].groupby("customer_id")["us"].min()
    first_of = lines["customer_id"].map(first).to_numpy(dtype=float)
    month = np.searchsorted(at, lines["us"].to_numpy(dtype=float), side="right") - 1
    inside = (month >= 0) & (month < len(at) - 1)
    new = inside & (first_of >= at[np.clip(month, 0, len(at) - 2)])
    money = lines["amount"].to_numpy()
    before, newly = (
        np.bincount(month[some], weights=money[some], minlength=len(at) - 1)
        for some in (inside & ~new, new)
    )
    spans = list(itertools.pairwise(edges))
    return [
        *(_row(span, KINDS[0], 0.0, each) for span, each in zip(spans, before, strict=True)),
        *(_row(span, KINDS[1], *pair) for span, *pair in zip(spans, before, newly, strict=True)),
    ]


def _coming(facts: PurchaseFacts) -> list[Row]:
    """Expected revenue of the months of the horizon."""
    inputs = facts.inputs
    table = facts.table[facts.predictions["clv"].notna()]
    forecast = PurchasePredictor(inputs.bundle).forecast_table(table, as_of=inputs.as_of)
    found = forecast.value_curve(inputs.horizon_days, inputs.config.economics)
    return expected_months(inputs.as_of, found.ends, found.expected_revenue.sum(axis=0))
