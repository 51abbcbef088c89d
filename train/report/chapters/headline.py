"""The shop at a glance: how many customers, what they will bring, and how sure that is."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.economics import MONTH_DAYS
from models.purchases.predictor import PurchasePredictor
from train.charts.rows import Column, Row
from train.charts.shapes import months
from train.charts.theme import money_axis
from train.report.facts.purchases import Facts
from train.report.facts.shared import Told
from train.report.page.parts import Chapter, Picture, Tile, Tiles

Array = NDArray[np.float64]
PAST_MONTHS = 24
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
        "share of the best tenth",
        "{top_share:percent}",
        "of the value: {top_customers:count} customers",
    ),
    ("value of one customer", "{mean:money}", "half of them: {median:money} or less"),
)


def headline(facts: Told) -> str:
    """The report in one sentence."""
    return facts.words.fill(
        "{revenue:money} expected from {customers:customers} in the next {days:days}",
        customers=facts.whole.customers,
        revenue=facts.whole.revenue,
        days=facts.subject.horizon_days,
    )


def chapter(facts: Facts) -> Chapter:
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
        says=(),
        parts=(Tiles(tiles), _months(facts, fill(new, **known))),
        numbers=known,
    )


def _numbers(facts: Facts) -> dict[str, Any]:
    last, new = _last_revenue(facts)
    return numbers(facts) | {
        "orders": float((1.0 - facts.answers["p_churn"]).sum()),
        "last_revenue": last,
        "new_revenue": new,
        "new_share": new / last if last > 0 else None,
    }


def numbers(facts: Told) -> dict[str, Any]:
    """What all customers bring together, the best tenth of them, and one."""
    whole, answers = facts.whole, facts.answers
    best = answers.nlargest(-(-len(answers) // 10), "clv")
    clv = answers["clv"].sum()
    return {
        "days": facts.subject.horizon_days,
        "customers": whole.customers,
        "revenue": whole.revenue,
        "revenue_low": whole.revenue_low,
        "revenue_high": whole.revenue_high,
        "clv": whole.clv,
        "clv_low": whole.clv_low,
        "clv_high": whole.clv_high,
        "top_customers": len(best),
        "top_share": best["clv"].sum() / clv if clv > 0 else None,
        "mean": answers["clv"].mean(),
        "median": answers["clv"].median(),
    }


def _last_revenue(facts: Facts) -> tuple[float, float]:
    """Net revenue of a horizon's length before as_of, and that of customers who were new then."""
    subject = facts.subject
    since = subject.as_of - timedelta(days=subject.horizon_days)
    lines = subject.history.source.lines
    recent = lines[lines["us"] >= since.timestamp() * 1e6]
    first = lines[lines["amount"] > 0].groupby("customer_id")["us"].min()
    new = recent["customer_id"].map(first) >= since.timestamp() * 1e6
    return float(recent["amount"].sum()), float(recent.loc[new, "amount"].sum())


def _months(facts: Facts, new: str) -> Picture:
    return Picture(
        name="months",
        title="Revenue month by month, and what is expected",
        says=new,
        columns=COLUMNS,
        rows=[*_past(facts), *_coming(facts)],
        spec=months(COLUMNS, money_axis(facts.words.symbol), kinds=list(KINDS)),
    )


def _past(facts: Facts) -> list[Row]:
    """Net revenue of months of which the last ends at as_of, the oldest first."""
    subject = facts.subject
    lines, as_of = subject.history.source.lines, subject.as_of
    known = int((as_of - subject.history.source.first).days // MONTH_DAYS)
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


def _coming(facts: Facts) -> list[Row]:
    """Expected revenue of the months of the horizon."""
    subject = facts.subject
    table = facts.table[facts.answers["clv"].notna()]
    said = PurchasePredictor(subject.bundle).forecast_table(table, as_of=subject.as_of)
    found = said.value_curve(subject.horizon_days, subject.config.economics)
    return coming(subject.as_of, found.ends, found.expected_revenue.sum(axis=0))


def coming(as_of: datetime, ends: Array, revenue: Array) -> list[Row]:
    """Expected revenue, money, of months that end so many days from as_of."""
    spans = itertools.pairwise([as_of, *(as_of + timedelta(days=float(each)) for each in ends)])
    return [_row(span, KINDS[2], 0.0, each) for span, each in zip(spans, revenue, strict=True)]


def _row(span: tuple[datetime, datetime], kind: str, bottom: float, money: float) -> Row:
    start, end = (f"{each:%Y-%m-%d}" for each in span)
    bottom, money = float(bottom), float(money)
    return {"start": start, "end": end, "kind": kind, "money": money,
            "bottom": bottom, "top": bottom + money}  # fmt: skip
