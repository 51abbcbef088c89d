"""Predictions for tenths of the customers, or of months, beside what happened."""

from __future__ import annotations

from train.charts.chart_types import beside
from train.charts.columns import Column, Row
from train.charts.theme import money_axis, percent_axis
from train.report.facts.shared import ReportFacts
from train.report.page.components import Picture

DECILES = (
    Column("group", "tenth"),
    Column("customers", "customers", "count"),
    Column("expected", "expected of one", "exact"),
    Column("came", "what came", "exact"),
)


def deciles(facts: ReportFacts, tenths: tuple[dict[str, float], ...]) -> Picture:
    """Tenths of the customers by what was expected of them, beside what came."""
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
        rows=_rows(tenths),
        spec=beside(
            DECILES,
            "tenth of the customers, the most promising last",
            money_axis(facts.words.symbol),
        ),
    )


def risks(tenths: tuple[dict[str, float], ...], *, unit: str, came: str, caption: str) -> Picture:
    """Tenths of customers or months by churn risk, beside the share of which it `came` true."""
    columns = (
        Column("group", "tenth"),
        Column("customers", unit, "count"),
        Column("expected", "mean churn risk", "percent"),
        Column("came", came, "percent"),
    )
    return Picture(
        name="risks",
        title="Churn risk and what happened",
        caption=caption,
        columns=columns,
        rows=_rows(tenths),
        spec=beside(columns, f"tenth of the {unit}, the riskiest last", percent_axis()),
    )


def _rows(tenths: tuple[dict[str, float], ...]) -> list[Row]:
    """Rows of a chart: the number of a tenth is its name."""
    return [tenth | {"group": f"{tenth['group']:.0f}"} for tenth in tenths]
