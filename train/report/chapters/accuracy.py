"""Predictions for deciles of the customers, or of months, beside the actual outcome."""

from __future__ import annotations

from train.charts.chart_types import actual_and_expected
from train.charts.columns import Column, Row
from train.charts.theme import money_axis, percent_axis
from train.report.facts.shared import ReportFacts
from train.report.page.components import Picture

DECILES = (
    Column("group", "decile"),
    Column("customers", "customers", "count"),
    Column("expected", "expected of one", "exact"),
    Column("came", "actual", "exact"),
)


def deciles(facts: ReportFacts, groups: tuple[dict[str, float], ...]) -> Picture:
    """Deciles of the customers by expected revenue, beside the actual."""
    best, worst = groups[-1], groups[0]
    sentence = (
        "Customers in deciles by expected revenue. Bars: the actual mean; diamonds: "
        "the expected. The best decile brought {came:money} each, expected were "
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
        rows=_rows(groups),
        spec=actual_and_expected(
            DECILES,
            "decile of the customers, the most promising last",
            money_axis(facts.words.symbol),
        ),
    )


def risks(groups: tuple[dict[str, float], ...], *, unit: str, came: str, caption: str) -> Picture:
    """Deciles of customers or months by churn risk, beside the share of which it `came` true."""
    columns = (
        Column("group", "decile"),
        Column("customers", unit, "count"),
        Column("expected", "mean churn risk", "percent"),
        Column("came", came, "percent"),
    )
    return Picture(
        name="risks",
        title="Churn risk and what happened",
        caption=caption,
        columns=columns,
        rows=_rows(groups),
        spec=actual_and_expected(
            columns, f"decile of the {unit}, the riskiest last", percent_axis()
        ),
    )


def _rows(groups: tuple[dict[str, float], ...]) -> list[Row]:
    """Rows of a chart: the number of a decile is its name."""
    return [decile | {"group": f"{decile['group']:.0f}"} for decile in groups]
