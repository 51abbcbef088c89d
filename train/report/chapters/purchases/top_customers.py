"""The most valuable customers, one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.purchases.predictor import PurchasePredictor
from train.charts.columns import Column, Row
from train.report.chapters.top_customers import most_valuable, picture, rows_of, top_chapter
from train.report.facts.purchases import PurchaseFacts
from train.report.page.components import WORTH, Chapter, Table

COLUMNS = (
    Column("customer", "customer"),
    Column("segment", "segment"),
    *WORTH,
    Column("p_churn", "churn risk", "percent"),
    Column("last_order", "last order", "date"),
    Column("next_order", "next one, if any", "date"),
    Column("clv_historic", "value so far", "exact"),
)


def chapter(facts: PurchaseFacts) -> Chapter | None:
    """The best customers as a picture and as a table; nothing where no value is known."""
    best = most_valuable(facts)
    if best.empty:
        return None
    rows = _rows(facts, best)
    return top_chapter(facts, best, picture(facts, rows, COLUMNS), _table(facts, rows))


def _rows(facts: PurchaseFacts, best: pd.DataFrame) -> list[Row]:
    table, as_of = facts.table.loc[best.index], facts.inputs.as_of
    forecast = PurchasePredictor(facts.inputs.bundle).forecast_table(table, as_of=as_of)
    days = forecast.next_order_days()
    shown = best.assign(
        customer=facts.labels(best.index),
        last_order=_days(facts, -table["recency_days"].to_numpy(dtype=float)).to_numpy(),
        next_order=_days(facts, days).to_numpy(),
    )
    return rows_of(facts, shown, COLUMNS)


def _days(facts: PurchaseFacts, days: NDArray[np.float64]) -> pd.Series:
    """Days so far from as_of, in the log's own time; null where the number is not known."""
    times = pd.Timestamp(facts.inputs.as_of) + pd.to_timedelta(pd.Series(days), unit="D")
    local = times.dt.tz_convert(facts.inputs.log.timezone)
    return local.dt.strftime("%Y-%m-%d")


def _table(facts: PurchaseFacts, rows: list[Row]) -> Table:
    soonest = min((row["next_order"] for row in rows if row["next_order"]), default=None)
    sentence = (
        "The next order is the day by which it will have come in half of the cases, if one comes "
        "within a year; the soonest is {soonest:date}."
    )
    return Table(
        name="list",
        title="The same as a list",
        caption=facts.words.fill(sentence, soonest=soonest),
        columns=COLUMNS,
        rows=rows,
    )
