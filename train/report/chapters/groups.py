"""What groups of customers are worth together."""

from __future__ import annotations

import pandas as pd

from train.charts.chart_types import intervals
from train.charts.columns import Column
from train.charts.theme import money_axis
from train.report.facts.shared import ReportFacts
from train.report.facts.totals import by_group
from train.report.page.components import WORTH, Picture, records

MOST = 12
INTRODUCTION = (
    "Value of all customers of a group together {span}; the thin line is where it will lie with "
    "80 % probability."
)
COLUMNS = (
    Column("group", "group"),
    Column("customers", "customers", "count"),
    Column("customer_share", "share of customers", "percent"),
    *WORTH,
    Column("value_share", "share of value", "percent"),
    Column("mean_clv", "value of one", "exact"),
    Column("p_churn", "mean churn risk", "percent"),
)
TITLES = {
    "tier": "By tier: customers ranked by predicted value",
    "segment": "By segment: how recently, how often and for how much they bought",
    "category": "By category, each customer's favourite",
    "channel": "By channel, each customer's favourite",
    "country": "By country",
}


def picture(
    facts: ReportFacts, name: str, groups: pd.Series, order: list[str] | None = None
) -> Picture | None:
    """The totals of each group, in this order or the most valuable first; None without groups."""
    groups = _fewer(facts, groups) if order is None else groups
    found = by_group(facts.inputs.bundle, facts.predictions, groups)
    if found.empty:
        return None
    if order is None:
        order = list(found.sort_values("clv", ascending=False).index)
    found = found.reindex([each for each in order if each in found.index])
    best, riskiest = str(found["clv"].idxmax()), str(found["p_churn"].idxmax())
    sentence = (
        "Most lies with {best:text}: {customer_share:percent} of the customers, "
        "{value_share:percent} of the value. {which:text}: {riskiest:text}, with a mean "
        "churn risk of {risk:percent}."
    )
    label = "{clv:money} · {customers:customers}"
    rows = [
        row | {"label": facts.words.fill(label, **row)}
        for row in records(found.rename_axis("group").reset_index())
    ]
    return Picture(
        name=name,
        title=TITLES.get(name) or f"By {name.replace('_', ' ')}",
        caption=facts.words.fill(
            sentence,
            best=best,
            customer_share=found["customer_share"][best],
            value_share=found["value_share"][best],
            which=facts.worded("riskiest"),
            riskiest=riskiest,
            risk=found["p_churn"].max(),
        ),
        columns=COLUMNS,
        rows=rows,
        spec=intervals(COLUMNS, money_axis(facts.words.symbol), rows=len(rows)),
    )


def _fewer(facts: ReportFacts, groups: pd.Series) -> pd.Series:
    """The groups with the most value, and the others as one."""
    named = groups.reindex(facts.predictions.index)
    worth = facts.predictions["clv"].groupby(named).sum().nlargest(MOST).index
    return named.where(named.isin(worth) | named.isna(), "all others")
