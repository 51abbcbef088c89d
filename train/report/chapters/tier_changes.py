"""Who moved between tiers: rising, slipping away, new."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd

from train.charts.chart_types import heatmap
from train.charts.columns import Column
from train.report.facts.shared import EarlierTiers, ReportFacts
from train.report.page.components import Chapter, Picture, Table, records

MOST = 10
NEW = "not yet known"
CELLS = (
    Column("row", "tier then"),
    Column("column", "tier now"),
    Column("customers", "customers", "count"),
    Column("share", "share of those with that tier then", "percent"),
)
MOVERS = (
    Column("customer", "customer"),
    Column("then", "tier then"),
    Column("tier", "tier now"),
    Column("clv_then", "value then", "exact"),
    Column("clv", "value now", "exact"),
    Column("p_churn", "churn risk", "percent"),
    Column("last_order", "last order", "date"),
)


def chapter(facts: ReportFacts) -> Chapter | None:
    """Changes since the earlier date; nothing where nothing was known by then."""
    earlier = facts.earlier
    if earlier is None:
        return None
    both = _both(facts, earlier)
    names = list(facts.inputs.config.tiers.names)
    place = {name: number for number, name in enumerate(names)}
    step = both["tier"].map(place) - both["then"].map(place)
    numbers: dict[str, Any] = {
        "then": facts.day(earlier.as_of),
        "rose": int((step < 0).sum()),
        "fell": int((step > 0).sum()),
        "kept": int((step == 0).sum()),
        "new": int(both["then"].isna().sum()),
        "best": names[0],
        "fell_from_best": int(((step > 0) & (both["then"] == names[0])).sum()),
    }
    lead = (
        "Since {then:text}, {rose:count} customers rose to a higher tier, {fell:count} fell and "
        "{kept:count} stayed; {new:count} have come since. {fell_from_best:count} are no longer "
        "{best:text}."
    )
    how = (
        "The earlier tiers are those of the earlier batch."
        if facts.inputs.previous
        else "The earlier tiers are what the same model predicts from the data of that day, by "
        "rank among the customers of that day. Tiers are shares: newcomers push others down."
    )
    falling = both[step > 0].sort_values("clv_then", ascending=False)
    rising = both[step < 0].sort_values("clv", ascending=False)
    return Chapter(
        name="moves",
        title="Tier changes",
        sentences=(facts.words.fill(lead, **numbers), how),
        parts=(
            _matrix(facts, both, names),
            _movers(facts, "falling", "Slipping away", falling),
            _movers(facts, "rising", "Rising", rising),
        ),
        numbers=numbers,
    )


def _both(facts: ReportFacts, earlier: EarlierTiers) -> pd.DataFrame:
    """Today's customers with tier, value and risk now, and tier and value then."""
    now = facts.predictions[["tier", "clv", "p_churn"]]
    then = earlier.customers.reindex(now.index)
    return now.assign(then=then["tier"], clv_then=then["clv"])


def _matrix(facts: ReportFacts, both: pd.DataFrame, names: list[str]) -> Picture:
    counts = pd.crosstab(both["then"].fillna(NEW), both["tier"])
    counts = counts.reindex(index=[*names, NEW], columns=names, fill_value=0)
    counts = counts[counts.sum(axis=1) > 0]
    rows = [
        {
            "row": str(then),
            "column": str(now),
            "customers": int(number),
            "share": float(number / line.sum()),
            "shade": float(number / line.sum()),
            "label": f"{number:,}",
        }
        for then, line in counts.iterrows()
        for now, number in line.items()
    ]
    known = counts.drop(index=NEW, errors="ignore")
    stayed = sum(int(known[name].get(name, 0)) for name in names)
    had = int(known.to_numpy().sum())
    return Picture(
        name="matrix",
        title="From which tier to which",
        caption=facts.words.fill(
            "{stayed:percent} of those who had a tier have it still. Darker is a larger share of "
            "a row.",
            stayed=stayed / had if had else None,
        ),
        columns=CELLS,
        rows=rows,
        spec=heatmap(CELLS, titles=("tier now", "tier then"), rows=len(counts)),
    )


def _movers(facts: ReportFacts, name: str, title: str, moved: pd.DataFrame) -> Table:
    shown = moved.head(MOST)
    shown = shown.assign(customer=facts.labels(shown.index))
    if facts.inputs.config.problem.relationship == "purchases":
        recency = facts.table["recency_days"].reindex(shown.index)
        shown["last_order"] = [
            f"{facts.inputs.as_of - timedelta(days=float(each)):%Y-%m-%d}" for each in recency
        ]
    columns = tuple(each for each in MOVERS if each.key in shown)
    rows = records(shown[[each.key for each in columns]])
    sentence = "The {shown:count} with the most value {when:text}, of {all:count}."
    when = "then" if name == "falling" else "now"
    return Table(
        name=name,
        title=title,
        caption=facts.words.fill(sentence, shown=len(rows), when=when, all=len(moved)),
        columns=columns,
        rows=rows,
    )
