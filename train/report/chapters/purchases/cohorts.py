"""Cohorts: who comes back after the first order, what they have brought, what they will bring."""

from __future__ import annotations

import numpy as np
import pandas as pd

from train.charts.chart_types import curves, heatmap, intervals
from train.charts.columns import Column, Row
from train.charts.theme import money_axis
from train.report.facts.cohorts import UNITS, Cohorts, cohorts
from train.report.facts.purchases import PurchaseFacts
from train.report.facts.totals import by_group
from train.report.page.components import WORTH, Chapter, Picture, records

CELLS = (
    Column("row", "first order"),
    Column("column", "after it"),
    Column("share", "share who bought", "percent"),
)
LINES = (
    Column("series", "first order"),
    Column("x", "months after it", "count"),
    Column("y", "revenue a customer", "exact"),
)
TOTALS = (
    Column("group", "first order"),
    Column("customers", "customers", "count"),
    *WORTH,
    Column("mean_clv", "value of one", "exact"),
    Column("p_churn", "mean churn risk", "percent"),
)


def chapter(facts: PurchaseFacts) -> Chapter | None:
    """Retention and value by cohort; nothing where no cohort is old enough."""
    inputs = facts.inputs
    found = cohorts(inputs.log.lines, facts.table.index, inputs.as_of)
    pictures = (_retention(facts, found), _value(facts, found), _expected(facts, found))
    unit = UNITS[found.unit][0]
    return Chapter(
        name="cohorts",
        title="Cohorts",
        sentences=(
            f"Customers by the {unit} of their first order. The log begins on "
            f"{facts.day(inputs.log.first)}: who bought before is counted as new then.",
        ),
        parts=tuple(each for each in pictures if each is not None),
    )


def _retention(facts: PurchaseFacts, found: Cohorts) -> Picture | None:
    shares = found.retention().dropna(how="all").dropna(axis=1, how="all")
    if shares.empty:
        return None
    unit = UNITS[found.unit][0]
    highest = max(float(np.nanmax(shares.to_numpy(dtype=float))), 1e-9)
    rows = [
        {
            "row": cohort,
            "column": f"+{number}",
            "share": share,
            "shade": share / highest,
            "label": facts.words.format_field(share, "percent"),
        }
        for number in shares
        for cohort, share in zip(shares.index, shares[number].tolist(), strict=True)
        if pd.notna(share)
    ]
    first = shares[shares.columns[0]].dropna()
    sentence = (
        "Of those whose first order was in {old:text}, {old_share:percent} bought in the "
        "{unit:text} after it; of those of {new:text}, {new_share:percent}. "
        "Darker is more."
    )
    return Picture(
        name="retention",
        title="Who comes back",
        caption=facts.words.fill(
            sentence,
            unit=unit,
            old=first.index[0],
            old_share=float(first.iloc[0]),
            new=first.index[-1],
            new_share=float(first.iloc[-1]),
        ),
        columns=CELLS,
        rows=rows,
        spec=heatmap(CELLS, titles=(f"{unit}s after the first order", ""), rows=len(shares)),
    )


def _value(facts: PurchaseFacts, found: Cohorts) -> Picture | None:
    sums = found.value().dropna(how="all")
    if sums.empty:
        return None
    labels = [str(each) for each in sums.index]
    rows: list[Row] = []
    for label in labels:
        known = sums.T[label].dropna()
        rows += [
            {"series": label, "x": month, "y": money, "end": None}
            for month, money in zip(known.index.tolist(), known.tolist(), strict=True)
        ]
    rows = _with_ends(rows, labels)
    best, after = _best(sums)
    sentence = (
        "What a customer has brought on average by the end of each month after the first order. "
        "By month {after:count}, those of {best:text} had brought most: {money:money}."
    )
    return Picture(
        name="value",
        title="What a customer brings over time",
        caption=facts.words.fill(sentence, after=after, best=best, money=float(sums[after].max())),
        columns=LINES,
        rows=rows,
        spec=curves(
            LINES, "months since the first order", money_axis(facts.words.symbol), series=labels
        ),
    )


def _with_ends(rows: list[Row], labels: list[str]) -> list[Row]:
    """The rows with the name at the end of each line that has room for it, the oldest first."""
    width, height = (max(float(row[name]) for row in rows) or 1.0 for name in ("x", "y"))
    taken: list[tuple[float, float]] = []
    last = {row["series"]: place for place, row in enumerate(rows)}
    found = list(rows)
    for label in labels:
        row = rows[last[label]]
        at = (row["x"] / width, row["y"] / height)
        if all(abs(at[0] - x) > 0.27 or abs(at[1] - y) > 0.07 for x, y in taken):
            found[last[label]] = row | {"end": label}
            taken.append(at)
    return found


def _best(sums: pd.DataFrame) -> tuple[str, int]:
    """The cohort that had brought most by the last month that half of the cohorts have seen."""
    seen = sums.notna().sum(axis=0)
    after = int(seen.index[seen >= max(1, len(sums) / 2)][-1])
    return str(sums[after].idxmax()), after


def _expected(facts: PurchaseFacts, found: Cohorts) -> Picture | None:
    groups = by_group(facts.inputs.bundle, facts.predictions, found.of)
    groups = groups.reindex([each for each in found.labels.values() if each in groups.index])
    if groups.empty:
        return None
    label = "{clv:money} · {mean_clv:money} each"
    rows = [
        row | {"label": facts.words.fill(label, **row)}
        for row in records(groups.rename_axis("group").reset_index())
    ]
    top = max(rows, key=lambda row: row["mean_clv"] or 0.0)
    sentence = (
        "Expected value of each cohort together, with its interval of 80 %. A customer of "
        "{group:text} is worth most: {mean_clv:money}, with a mean churn risk of {p_churn:percent}."
    )
    return Picture(
        name="expected",
        title=f"What each cohort is worth over the next {facts.inputs.horizon_days} days",
        caption=facts.words.fill(sentence, **top),
        columns=TOTALS,
        rows=rows,
        spec=intervals(TOTALS, money_axis(facts.words.symbol), rows=len(rows)),
    )
