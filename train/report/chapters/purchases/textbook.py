"""The textbook formulas beside the model, and where they err on this log."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from models.textbook.averages import longest_period
from models.textbook.comparison import Textbook, textbook
from train.charts.chart_types import bar_list
from train.charts.columns import Column, Row
from train.charts.theme import money_axis
from train.report.facts.purchases import PurchaseFacts
from train.report.page.components import Chapter, Picture, Table, records
from train.report.page.number_format import UNKNOWN

MODEL, NAN = "the model", r"\bnan\b"
UNITS = {
    "money": "{value:exact}",
    "times": "{value:number} times",
    "months": "{value:count} months",
}
BARS = (
    Column("group", "formula"),
    Column("value", "value within the horizon", "exact"),
)
ROWS = (
    Column("formula", "formula"),
    Column("shown", "for good"),
    Column("over_horizon", "within the horizon", "exact"),
    Column("inputs", "what goes in"),
    Column("fails", "what it takes for granted, and what is so here"),
)
GROUPS = (
    Column("orders", "orders in a period"),
    Column("customers", "customers", "count"),
    Column("retention", "of them return", "percent"),
    Column("revenue", "revenue of one in a period", "exact"),
    Column("value", "the retention formula, for good", "exact"),
)


def chapter(facts: PurchaseFacts) -> Chapter:
    """What every formula gives, or why none can be worked out."""
    inputs = facts.inputs
    try:
        days = longest_period(inputs.log.first, inputs.as_of)
        found = textbook(
            facts.table,
            inputs.task.data.table(inputs.as_of - timedelta(days=days)),
            facts.predictions,
            inputs.config.economics,
            period_days=days,
            horizon_days=inputs.horizon_days,
        )
    except ValueError as reason:
        return Chapter(name="formulas", title="Formulas", sentences=(f"Not shown: {reason}.",))
    numbers = {
        "active": found.inputs.customers,
        "period": found.inputs.period_days,
        "model": found.model,
        "days": inputs.horizon_days,
        "pooled": found.pooled,
        "grouped": found.grouped,
    }
    lead = (
        "The {active:count} customers who ordered in the last {period:days} are worth "
        "{model:money} each over the next {days:days} by the model. The formulas take "
        "everybody for the average customer and know no season."
    )
    apart = (
        "Customers are not alike: the retention formula gives {pooled:money} for good with "
        "everybody's averages, {grouped:money} where customers are grouped by their orders."
    )
    return Chapter(
        name="formulas",
        title="Formulas",
        sentences=(facts.words.fill(lead, **numbers), facts.words.fill(apart, **numbers)),
        parts=(_bars(facts, found), _rows(facts, found), _groups(facts, found)),
        numbers=numbers,
    )


def _bars(facts: PurchaseFacts, found: Textbook) -> Picture:
    known = found.rows["over_horizon"].dropna()
    rows: list[Row] = [
        {"group": str(name).removesuffix(" - acquisition cost"), "value": float(value)}
        for name, value in [(MODEL, found.model), *known.items()]
    ]
    rows = [each | {"label": facts.words.money(each["value"])} for each in rows]
    sentence = (
        "Of the formulas that know time, the lowest gives {low:money} and the highest {high:money} "
        "within {days:days}; the model gives {model:money}."
    )
    return Picture(
        name="beside",
        title="One average customer, by each formula and by the model",
        caption=facts.words.fill(
            sentence,
            low=float(known.min()),
            high=float(known.max()),
            days=facts.inputs.horizon_days,
            model=found.model,
        ),
        columns=BARS,
        rows=rows,
        spec=bar_list(BARS, money_axis(facts.words.symbol), marked=MODEL, rows=len(rows)),
    )


def _rows(facts: PurchaseFacts, found: Textbook) -> Table:
    # what a formula's words do not know, they call nan
    words = found.rows.assign(fails=found.rows["fails"].str.replace(NAN, UNKNOWN, regex=True))
    rows = records(words.reset_index())
    shown = [
        each | {"shown": facts.words.fill(UNITS[each["unit"]], **each)}
        for each in rows
        if each["value"] is not None
    ]
    shown += [each | {"shown": None} for each in rows if each["value"] is None]
    return Table(
        name="formulas",
        title="Every formula, what goes in, and where it errs here",
        caption=facts.words.fill(
            "{refused:count} of the {all:count} formulas are undefined here; the reason is beside "
            "them.",
            refused=sum(each["value"] is None for each in rows),
            all=len(rows),
        ),
        columns=ROWS,
        rows=shown,
    )


def _groups(facts: PurchaseFacts, found: Textbook) -> Table:
    groups: pd.DataFrame = found.groups
    known = groups["retention"].dropna()
    sentence = (
        "With {few:text} in {period:days}, {low:percent} return in the next; with {many:text}, "
        "{high:percent}."
    )
    return Table(
        name="groups",
        title="Customers grouped by their orders",
        caption=facts.words.fill(
            sentence,
            few=known.index[0],
            many=known.index[-1],
            period=found.inputs.period_days,
            low=float(known.iloc[0]),
            high=float(known.iloc[-1]),
        ),
        columns=GROUPS,
        rows=records(groups.reset_index()),
    )
