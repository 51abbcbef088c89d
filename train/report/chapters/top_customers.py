"""The most valuable customers, one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.purchases.predictor import PurchasePredictor
from train.charts.rows import Column, Row
from train.charts.shapes import intervals
from train.charts.theme import money_axis
from train.report.facts.purchases import Facts
from train.report.facts.shared import Told
from train.report.page.parts import WORTH, Chapter, Part, Picture, Table, records

MOST = 20
COLUMNS = (
    Column("customer", "customer"),
    Column("segment", "segment"),
    *WORTH,
    Column("p_churn", "churn risk", "percent"),
    Column("last_order", "last order", "date"),
    Column("next_order", "next one, if any", "date"),
    Column("clv_historic", "value so far", "exact"),
)


def chapter(facts: Facts) -> Chapter | None:
    """The best customers as a picture and as a table; nothing where no value is known."""
    best = best_of(facts)
    if best.empty:
        return None
    rows = _rows(facts, best)
    return telling(facts, best, picture(facts, rows, COLUMNS), _table(facts, rows))


def best_of(facts: Told) -> pd.DataFrame:
    """The answers of the most valuable customers, the best first."""
    return facts.answers[facts.answers["clv"].notna()].nlargest(MOST, "clv")


def telling(facts: Told, best: pd.DataFrame, *parts: Part) -> Chapter:
    """The chapter of the best customers, with these parts."""
    total = float(facts.answers["clv"].sum())
    numbers = {
        "whales": len(best),
        "customers": facts.whole.customers,
        "share_of_customers": len(best) / facts.whole.customers,
        "share_of_value": float(best["clv"].sum()) / total if total > 0 else None,
        "leaving": int((best["p_churn"] > 0.5).sum()),
    }
    says = (
        "The {whales:count} most valuable customers are {share_of_customers:percent} of all and "
        "bring {share_of_value:percent} of the expected value. {likely:text}: {leaving:count} of "
        "them."
    )
    anonymous = (
        ()
        if facts.subject.named
        else ("Customers are numbered here: the command report, run by you, names them.",)
    )
    return Chapter(
        name="whales",
        title="Whales",
        says=(facts.words.fill(says, likely=facts.of_kind("leaving"), **numbers), *anonymous),
        parts=parts,
        numbers=numbers,
    )


def _rows(facts: Facts, best: pd.DataFrame) -> list[Row]:
    table, as_of = facts.table.loc[best.index], facts.subject.as_of
    days = (
        PurchasePredictor(facts.subject.bundle).forecast_table(table, as_of=as_of).next_order_days()
    )
    shown = best.assign(
        customer=facts.called(best.index),
        last_order=_days(facts, -table["recency_days"].to_numpy(dtype=float)).to_numpy(),
        next_order=_days(facts, days).to_numpy(),
    )
    return listed(facts, shown, COLUMNS)


def listed(facts: Told, shown: pd.DataFrame, columns: tuple[Column, ...]) -> list[Row]:
    """These columns of customers as rows, with what the picture calls each."""
    label = "{clv:money} · churn risk {p_churn:percent}"
    return [
        row | {"group": row["customer"], "label": facts.words.fill(label, **row)}
        for row in records(shown[[each.key for each in columns]])
    ]


def _days(facts: Facts, days: NDArray[np.float64]) -> pd.Series:
    """Days so far from as_of, in the log's own time; null where the number is not known."""
    moments = pd.Timestamp(facts.subject.as_of) + pd.to_timedelta(pd.Series(days), unit="D")
    local = moments.dt.tz_convert(facts.subject.history.source.timezone)
    return local.dt.strftime("%Y-%m-%d")


def picture(facts: Told, rows: list[Row], columns: tuple[Column, ...]) -> Picture:
    """The value of each with its interval."""
    widest = max(rows, key=lambda row: (row["clv_high"] or 0.0) - (row["clv_low"] or 0.0))
    says = (
        "Nobody knows one customer well: {customer:text} may bring anything from {clv_low:money} "
        "to {clv_high:money}, in four of five cases."
    )
    return Picture(
        name="best",
        title=f"The best {len(rows)}, and how sure that is",
        says=facts.words.fill(says, **widest),
        columns=columns,
        rows=rows,
        spec=intervals(columns, money_axis(facts.words.symbol), rows=len(rows)),
    )


def _table(facts: Facts, rows: list[Row]) -> Table:
    soonest = min((row["next_order"] for row in rows if row["next_order"]), default=None)
    says = (
        "The next order is the day by which it will have come in half of the cases, if one comes "
        "within a year; the soonest is {soonest:date}."
    )
    return Table(
        name="list",
        title="The same as a list",
        says=facts.words.fill(says, soonest=soonest),
        columns=COLUMNS,
        rows=rows,
    )
