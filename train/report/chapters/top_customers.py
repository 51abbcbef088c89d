"""What the chapters of the most valuable customers share."""

from __future__ import annotations

import pandas as pd

from train.charts.chart_types import intervals
from train.charts.columns import Column, Row
from train.charts.theme import money_axis
from train.report.facts.shared import ReportFacts
from train.report.page.components import Chapter, Part, Picture, records

MOST = 20


def most_valuable(facts: ReportFacts) -> pd.DataFrame:
    """The predictions for the most valuable customers, the best first."""
    return facts.predictions[facts.predictions["clv"].notna()].nlargest(MOST, "clv")


def top_chapter(facts: ReportFacts, best: pd.DataFrame, *parts: Part) -> Chapter:
    """The chapter of the best customers, with these parts."""
    total = float(facts.predictions["clv"].sum())
    numbers = {
        "whales": len(best),
        "customers": facts.whole.customers,
        "share_of_customers": len(best) / facts.whole.customers,
        "share_of_value": float(best["clv"].sum()) / total if total > 0 else None,
        "leaving": int((best["p_churn"] > 0.5).sum()),
    }
    sentence = (
        "The {whales:count} most valuable customers are {share_of_customers:percent} of all and "
        "bring {share_of_value:percent} of the expected value. {likely:text}: {leaving:count} of "
        "them."
    )
    anonymous = (
        ()
        if facts.inputs.named
        else ("Customers are numbered here: the command report, run by you, names them.",)
    )
    return Chapter(
        name="whales",
        title="Top customers",
        sentences=(
            facts.words.fill(sentence, likely=facts.worded("leaving"), **numbers),
            *anonymous,
        ),
        parts=parts,
        numbers=numbers,
    )


def rows_of(facts: ReportFacts, shown: pd.DataFrame, columns: tuple[Column, ...]) -> list[Row]:
    """These columns of customers as rows, with what the picture shows of each."""
    label = "{clv:money} · churn risk {p_churn:percent}"
    return [
        row | {"group": row["customer"], "label": facts.words.fill(label, **row)}
        for row in records(shown[[each.key for each in columns]])
    ]


def picture(facts: ReportFacts, rows: list[Row], columns: tuple[Column, ...]) -> Picture:
    """The value of each with its interval."""
    widest = max(rows, key=lambda row: (row["clv_high"] or 0.0) - (row["clv_low"] or 0.0))
    sentence = (
        "Nobody knows one customer well: {customer:text} may bring anything from {clv_low:money} "
        "to {clv_high:money}, in four of five cases."
    )
    return Picture(
        name="best",
        title=f"The best {len(rows)}, and how sure that is",
        caption=facts.words.fill(sentence, **widest),
        columns=columns,
        rows=rows,
        spec=intervals(columns, money_axis(facts.words.symbol), rows=len(rows)),
    )
