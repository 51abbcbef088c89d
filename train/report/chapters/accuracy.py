"""How far the numbers are to be believed: what was said one horizon earlier, and what came."""

from __future__ import annotations

from typing import Any

from train.charts.rows import Column
from train.charts.shapes import beside
from train.charts.theme import money_axis, percent_axis
from train.report.facts.holdout import Judged
from train.report.facts.purchases import Facts
from train.report.facts.shared import Told
from train.report.page.parts import Chapter, Picture

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
LEAD = (
    "One horizon earlier, as of {as_of:text}, the same recipe expected {expected:money} from "
    "{customers:count} customers in {days:days}. {came:money} came: {off:percent} {side:text}, "
    "{inside:text} the interval of 80 %, {low:money} to {high:money}."
)
MORE = (
    "It expected {returners_expected:count} of them to order; {returners:count} did. "
    "{covered:percent} of the customers brought what their own interval of 80 % had said."
)
RANKS = "The tenth with the highest expectations brought {top_share:percent} of all revenue."


def chapter(facts: Facts) -> Chapter:
    """The rehearsal in words and pictures, or why there is none."""
    judged = facts.subject.judged
    if judged is None:
        says = (
            "There was no rehearsal to judge by: too few customers or days lie before the last "
            "horizon. Take the numbers as those of a probability model.",
        )
        return Chapter(name="trust", title="Trust", says=says)
    numbers = _numbers(facts, judged)
    fill = facts.words.fill
    more = f"{MORE} {RANKS}" if judged.top_share is not None else MORE
    return Chapter(
        name="trust",
        title="Trust",
        says=(fill(LEAD, **numbers), fill(more, **numbers)),
        parts=(deciles(facts, judged.deciles), _risks(facts, judged)),
        numbers=numbers,
    )


def _numbers(facts: Facts, judged: Judged) -> dict[str, Any]:
    off = judged.came / judged.expected - 1.0 if judged.expected > 0 else None
    within = judged.low <= judged.came <= judged.high
    return {
        "as_of": facts.day(judged.as_of),
        "days": judged.horizon_days,
        "customers": judged.customers,
        "expected": judged.expected,
        "low": judged.low,
        "high": judged.high,
        "came": judged.came,
        "off": None if off is None else abs(off),
        "side": "more" if (off or 0.0) >= 0 else "less",
        "inside": "inside" if within else "outside",
        "returners_expected": judged.returners_expected,
        "returners": judged.returners,
        "covered": judged.inside,
        "top_share": judged.top_share,
    }


def deciles(facts: Told, tenths: tuple[dict[str, float], ...]) -> Picture:
    """Tenths of the customers by what was expected of them, beside what came."""
    rows = [each | {"group": f"{each['group']:.0f}"} for each in tenths]
    best, worst = tenths[-1], tenths[0]
    says = (
        "Customers in tenths by what was expected of them. Bars: what came on average; diamonds: "
        "what was expected. The best tenth brought {came:money} each, expected were "
        "{expected:money}; the lowest {low_came:money} and {low_expected:money}."
    )
    return Picture(
        name="deciles",
        title="Expected and actual revenue",
        says=facts.words.fill(
            says,
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


def _risks(facts: Facts, judged: Judged) -> Picture:
    rows = [each | {"group": f"{each['group']:.0f}"} for each in judged.risks]
    people = sum(each["customers"] for each in judged.risks)
    gap = sum(each["customers"] * abs(each["expected"] - each["came"]) for each in judged.risks)
    worst = max(judged.risks, key=lambda each: abs(each["expected"] - each["came"]))
    says = (
        "Customers in tenths by churn risk. Bars: the share that stayed away; diamonds: the risk "
        "they were given. They differ by {gap:points} on average; most where {expected:percent} "
        "was said and {came:percent} stayed away."
    )
    return Picture(
        name="risks",
        title="Churn risk and what happened",
        says=facts.words.fill(
            says, gap=gap / people, expected=worst["expected"], came=worst["came"]
        ),
        columns=RISKS,
        rows=rows,
        spec=beside(RISKS, "tenth of the customers, the riskiest last", percent_axis()),
    )
