"""How accurate the model is: what it predicted one horizon earlier, and the actual."""

from __future__ import annotations

from typing import Any

from train.report.chapters.accuracy import deciles, risks
from train.report.facts.purchase_holdout import PurchaseSummary
from train.report.facts.purchases import PurchaseFacts
from train.report.page.components import Chapter, Picture

LEAD = (
    "One horizon earlier, as of {as_of:text}, the same recipe expected {expected:money} from "
    "{customers:count} customers in {days:days}. Actual: {came:money}, {off:percent} {side:text}, "
    "{inside:text} the interval of 80 %, {low:money} to {high:money}."
)
MORE = (
    "It expected {returners_expected:count} of them to order; {returners:count} did. "
    "{covered:percent} of the customers brought what their own interval of 80 % had allowed for."
)
RANKS = "The decile with the highest expectations brought {top_share:percent} of all revenue."


def chapter(facts: PurchaseFacts) -> Chapter:
    """The holdout evaluation in words and pictures, or why there is none."""
    holdout = facts.inputs.holdout
    if holdout is None:
        sentence = (
            "There was no holdout to evaluate on: too few customers or days lie before the last "
            "horizon. Take the numbers as those of a probability model.",
        )
        return Chapter(name="trust", title="Accuracy", sentences=sentence)
    numbers = _numbers(facts, holdout)
    fill = facts.words.fill
    more = f"{MORE} {RANKS}" if holdout.top_share is not None else MORE
    return Chapter(
        name="trust",
        title="Accuracy",
        sentences=(fill(LEAD, **numbers), fill(more, **numbers)),
        parts=(deciles(facts, holdout.deciles), _risks(facts, holdout)),
        numbers=numbers,
    )


def _numbers(facts: PurchaseFacts, holdout: PurchaseSummary) -> dict[str, Any]:
    off = holdout.came / holdout.expected - 1.0 if holdout.expected > 0 else None
    within = holdout.low <= holdout.came <= holdout.high
    return {
        "as_of": facts.day(holdout.as_of),
        "days": holdout.horizon_days,
        "customers": holdout.customers,
        "expected": holdout.expected,
        "low": holdout.low,
        "high": holdout.high,
        "came": holdout.came,
        "off": None if off is None else abs(off),
        "side": "more" if (off or 0.0) >= 0 else "less",
        "inside": "inside" if within else "outside",
        "returners_expected": holdout.returners_expected,
        "returners": holdout.returners,
        "covered": holdout.inside,
        "top_share": holdout.top_share,
    }


def _risks(facts: PurchaseFacts, holdout: PurchaseSummary) -> Picture:
    people = sum(decile["customers"] for decile in holdout.risks)
    gap = sum(
        decile["customers"] * abs(decile["expected"] - decile["came"]) for decile in holdout.risks
    )
    worst = max(holdout.risks, key=lambda decile: abs(decile["expected"] - decile["came"]))
    sentence = (
        "Customers in deciles by churn risk. Bars: the share that stayed away; diamonds: the risk "
        "they were given. They differ by {gap:points} on average; most where {expected:percent} "
        "was predicted and {came:percent} stayed away."
    )
    caption = facts.words.fill(
        sentence, gap=gap / people, expected=worst["expected"], came=worst["came"]
    )
    return risks(holdout.risks, unit="customers", came="stayed away", caption=caption)
