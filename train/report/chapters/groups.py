"""Value by tier, segment, channel, category, country and first order."""

from __future__ import annotations

import pandas as pd

from models.segmentation.personas import favourite
from models.segmentation.rfm import MEANINGS
from train.charts.rows import Column
from train.charts.shapes import intervals
from train.charts.theme import money_axis
from train.report.facts.purchases import Facts
from train.report.facts.shared import Told
from train.report.facts.totals import by_group
from train.report.page.parts import WORTH, Chapter, Picture, records

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


def chapter(facts: Facts) -> Chapter:
    """One picture for each way to group customers that the log knows."""
    answers, lines = facts.answers, facts.subject.history.source.lines
    tiers = list(facts.subject.config.tiers.names)
    pictures = [
        picture(facts, "tier", answers["tier"], tiers),
        picture(facts, "segment", answers["segment"], list(MEANINGS)),
    ]
    absent = []
    for name in ("category", "channel"):
        if name in facts.subject.history.source.optional:
            pictures.append(picture(facts, name, favourite(lines, name, facts.subject.as_of)))
        else:
            absent.append(name)
    if facts.subject.countries is not None:
        pictures.append(picture(facts, "country", facts.subject.countries))
    else:
        absent.append("country")
    found = tuple(each for each in pictures if each is not None)
    return Chapter(
        name="groups",
        title="Groups",
        says=(
            INTRODUCTION.format(span=facts.span),
            *((f"The log names no {', no '.join(absent)}.",) if absent else ()),
        ),
        parts=found,
    )


TITLES = {
    "tier": "By tier: customers ranked by predicted value",
    "segment": "By segment: how recently, how often and for how much they bought",
    "category": "By category, each customer's favourite",
    "channel": "By channel, each customer's favourite",
    "country": "By country",
}


def picture(
    facts: Told, name: str, groups: pd.Series, order: list[str] | None = None
) -> Picture | None:
    """The totals of each group, in this order or the most valuable first; None without groups."""
    groups = _fewer(facts, groups) if order is None else groups
    found = by_group(facts.subject.bundle, facts.answers, groups)
    if found.empty:
        return None
    if order is None:
        order = list(found.sort_values("clv", ascending=False).index)
    found = found.reindex([each for each in order if each in found.index])
    best, riskiest = str(found["clv"].idxmax()), str(found["p_churn"].idxmax())
    says = (
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
        says=facts.words.fill(
            says,
            best=best,
            customer_share=found["customer_share"][best],
            value_share=found["value_share"][best],
            which=facts.of_kind("riskiest"),
            riskiest=riskiest,
            risk=found["p_churn"].max(),
        ),
        columns=COLUMNS,
        rows=rows,
        spec=intervals(COLUMNS, money_axis(facts.words.symbol), rows=len(rows)),
    )


def _fewer(facts: Told, groups: pd.Series) -> pd.Series:
    """The groups with the most value, and the others as one."""
    named = groups.reindex(facts.answers.index)
    worth = facts.answers["clv"].groupby(named).sum().nlargest(MOST).index
    return named.where(named.isin(worth) | named.isna(), "all others")
