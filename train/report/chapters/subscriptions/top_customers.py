"""The most valuable subscribers, one by one."""

from __future__ import annotations

from train.charts.columns import Column
from train.report.chapters.top_customers import most_valuable, picture, rows_of, top_chapter
from train.report.facts.subscriptions import SubscriptionFacts
from train.report.page.components import WORTH, Chapter, Table

COLUMNS = (
    Column("customer", "customer"),
    Column("tier", "tier"),
    *WORTH,
    Column("p_churn", "churn risk", "percent"),
    Column("monthly_amount", "paid per month", "exact"),
    Column("tenure_months", "months so far", "count"),
    Column("clv_historic", "value so far", "exact"),
)
PAY = (
    "They pay {amount:money} a month on average and have stayed {tenure:count} months; all "
    "customers pay {every_amount:money} and have stayed {every_tenure:count}."
)


def chapter(facts: SubscriptionFacts) -> Chapter | None:
    """The best customers as a picture and as a table; nothing where no value is known."""
    best = most_valuable(facts)
    if best.empty:
        return None
    shown = best.join(facts.table[["monthly_amount", "tenure_months"]])
    rows = rows_of(facts, shown.assign(customer=facts.labels(best.index)), COLUMNS)
    caption = facts.words.fill(
        PAY,
        amount=float(shown["monthly_amount"].mean()),
        tenure=float(shown["tenure_months"].mean()),
        every_amount=float(facts.table["monthly_amount"].mean()),
        every_tenure=float(facts.table["tenure_months"].mean()),
    )
    table = Table(
        name="list", title="The same as a list", caption=caption, columns=COLUMNS, rows=rows
    )
    return top_chapter(facts, best, picture(facts, rows, COLUMNS), table)
