"""What the overviews of both kinds share: the headline, the tiles, and revenue month by month."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.charts.columns import Column, Row
from train.report.facts.shared import ReportFacts

Array = NDArray[np.float64]
KINDS = ("had bought before", "first order in that month", "expected of today's customers")
COLUMNS = (
    Column("start", "from", "date"),
    Column("end", "to", "date"),
    Column("kind", "customers"),
    Column("money", "revenue", "exact"),
)
TILES = (
    ("customers with a purchase", "{customers:count}", "{orders:count} are expected to order"),
    (
        "expected revenue",
        "{revenue:money}",
        "80\u00a0% sure: {revenue_low:money} to {revenue_high:money}",
    ),
    ("customer value (CLV)", "{clv:money}", "80\u00a0% sure: {clv_low:money} to {clv_high:money}"),
    (
        "share of the best decile",
        "{top_share:percent}",
        "of the value: {top_customers:count} customers",
    ),
    ("value of one customer", "{mean:money}", "half of them: {median:money} or less"),
)


def headline(facts: ReportFacts) -> str:
    """The report in one sentence."""
    return facts.words.fill(
        "{revenue:money} expected from {customers:customers} in the next {days:days}",
        customers=facts.whole.customers,
        revenue=facts.whole.revenue,
        days=facts.inputs.horizon_days,
    )


def numbers(facts: ReportFacts) -> dict[str, Any]:
    """What all customers bring together, the best decile of them, and one."""
    whole, predictions = facts.whole, facts.predictions
    best = predictions.nlargest(-(-len(predictions) // 10), "clv")
    clv = predictions["clv"].sum()
    return {
        "days": facts.inputs.horizon_days,
        "customers": whole.customers,
        "revenue": whole.revenue,
        "revenue_low": whole.revenue_low,
        "revenue_high": whole.revenue_high,
        "clv": whole.clv,
        "clv_low": whole.clv_low,
        "clv_high": whole.clv_high,
        "top_customers": len(best),
        "top_share": best["clv"].sum() / clv if clv > 0 else None,
        "mean": predictions["clv"].mean(),
        "median": predictions["clv"].median(),
    }


def expected_months(as_of: datetime, ends: Array, revenue: Array) -> list[Row]:
    """Expected revenue, money, of months that end so many days from as_of."""
    spans = itertools.pairwise([as_of, *(as_of + timedelta(days=float(each)) for each in ends)])
    return [_row(span, KINDS[2], 0.0, each) for span, each in zip(spans, revenue, strict=True)]


def _row(span: tuple[datetime, datetime], kind: str, bottom: float, money: float) -> Row:
    start, end = (f"{each:%Y-%m-%d}" for each in span)
    bottom, money = float(bottom), float(money)
    return {"start": start, "end": end, "kind": kind, "money": money,
            "bottom": bottom, "top": bottom + money}  # fmt: skip
