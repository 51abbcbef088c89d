"""How far a model of contracts is to be believed: what it said of what it had not seen."""

from __future__ import annotations

from typing import Any

from train.charts.rows import Column
from train.charts.shapes import beside
from train.charts.theme import percent_axis
from train.report.chapters.accuracy import RISKS, deciles
from train.report.facts.subscription_holdout import ContractJudged
from train.report.facts.subscriptions import ContractFacts
from train.report.page.parts import Chapter, Picture
from train.subscriptions.records import TODAYS

LEAD = (
    "Judged on {about:text}: {expected:count} {unit:text} were expected to end with a "
    "cancellation, {left:count} did, {off:percent} {side:text}."
)
MONEY = "{revenue_expected:money} were expected of them, {revenue:money} came."
RANKS = (
    "Of two {unit:text}, one with a cancellation and one without, the model gave the higher risk "
    "to the right one in {auc:percent} of cases."
)
NONE = (
    "There was nothing to judge by: too few months of too few customers were watched. Take the "
    "numbers as those of a probability model."
)
UNITS = {"months": "months", "horizon": "customers"}


def chapter(facts: ContractFacts) -> Chapter:
    """The holdout in words and pictures, or why there is none."""
    judged = facts.subject.judged
    if judged is None:
        return Chapter(name="trust", title="Trust", says=(NONE,))
    numbers = _numbers(judged)
    says = [LEAD, *([MONEY] if judged.deciles else []), *([RANKS] if judged.auc else [])]
    drawn = [deciles(facts, judged.deciles)] if judged.deciles else []
    return Chapter(
        name="trust",
        title="Trust",
        says=(*(facts.words.fill(each, **numbers) for each in says), TODAYS),
        parts=(_risks(facts, judged), *drawn),
        numbers=numbers,
    )


def _numbers(judged: ContractJudged) -> dict[str, Any]:
    off = judged.left / judged.expected - 1.0 if judged.expected > 0 else None
    return judged.model_dump(exclude={"risks", "deciles", "of"}) | {
        "unit": UNITS[judged.of],
        "off": None if off is None else abs(off),
        "side": "more" if (off or 0.0) >= 0 else "fewer",
    }


def _risks(facts: ContractFacts, judged: ContractJudged) -> Picture:
    unit = UNITS[judged.of]
    rows = [each | {"group": f"{each['group']:.0f}"} for each in judged.risks]
    columns = (
        RISKS[0],
        Column("customers", unit, "count"),
        *RISKS[2:-1],
        Column("came", "ended with a cancellation", "percent"),
    )
    says = (
        f"{unit.capitalize()} in tenths by churn risk. Bars: the share that ended with a "
        "cancellation; diamonds: the risk they were given. Of a thousand in the riskiest tenth, "
        "{came:count} did and {expected:count} were expected; in the safest, {low:count} and "
        "{low_expected:count}."
    )
    best, worst = judged.risks[0], judged.risks[-1]
    return Picture(
        name="risks",
        title="Churn risk and what happened",
        says=facts.words.fill(
            says,
            came=1000.0 * worst["came"],
            expected=1000.0 * worst["expected"],
            low=1000.0 * best["came"],
            low_expected=1000.0 * best["expected"],
        ),
        columns=columns,
        rows=rows,
        spec=beside(columns, f"tenth of the {unit}, the riskiest last", percent_axis()),
    )
