"""Predictions for tenths of the customers beside what came."""

from __future__ import annotations

from train.charts.rows import Column
from train.charts.shapes import beside
from train.charts.theme import money_axis
from train.report.facts.shared import ReportFacts
from train.report.page.parts import Picture

DECILES = (
    Column("group", "tenth"),
    Column("customers", "customers", "count"),
    Column("expected", "expected of one", "exact"),
    Column("came", "what came", "exact"),
)

RISKS = (
    Column("group", "tenth"),
    Column("customers", "customers", "count"),
    Column("expected", "mean churn risk", "percent"),
    Column("came", "stayed away", "percent"),
)


def deciles(facts: ReportFacts, tenths: tuple[dict[str, float], ...]) -> Picture:
    """Tenths of the customers by what was expected of them, beside what came."""
    rows = [each | {"group": f"{each['group']:.0f}"} for each in tenths]
    best, worst = tenths[-1], tenths[0]
    sentence = (
        "Customers in tenths by what was expected of them. Bars: what came on average; diamonds: "
        "what was expected. The best tenth brought {came:money} each, expected were "
        "{expected:money}; the lowest {low_came:money} and {low_expected:money}."
    )
    return Picture(
        name="deciles",
        title="Expected and actual revenue",
        caption=facts.words.fill(
            sentence,
            came=best["came"],
            expected=best["expected"],
            low_came=worst["came"],
            low_expected=worst["expected"],
        ),
        columns=DECILES,
        rows=rows,
        spec=beside(
            DECILES,
            "tenth of the customers, the most promising last",
            money_axis(facts.words.symbol),
        ),
    )
