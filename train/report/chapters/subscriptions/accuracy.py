"""How accurate a model of subscriptions is: what it predicted of what it had not seen."""

from __future__ import annotations

from typing import Any

from train.report.chapters.accuracy import deciles, risks
from train.report.facts.subscription_holdout import SubscriptionSummary
from train.report.facts.subscriptions import SubscriptionFacts
from train.report.page.components import Chapter, Picture
from train.subscriptions.holdout import CAVEAT

LEAD = (
    "Evaluated on {about:text}: {expected:count} {unit:text} were expected to end with a "
    "cancellation, {left:count} did, {off:percent} {side:text}."
)
MONEY = "{revenue_expected:money} were expected of them, {revenue:money} is the actual."
RANKS = (
    "Of two {unit:text}, one with a cancellation and one without, the model gave the higher risk "
    "to the right one in {auc:percent} of cases."
)
NONE = (
    "There was no holdout to evaluate on: too few months of too few customers were observed. Take "
    "the numbers as those of a probability model."
)
UNITS = {"months": "months", "horizon": "customers"}


def chapter(facts: SubscriptionFacts) -> Chapter:
    """The holdout evaluation in words and pictures, or why there is none."""
    holdout = facts.inputs.holdout
    if holdout is None:
        return Chapter(name="trust", title="Accuracy", sentences=(NONE,))
    numbers = _numbers(holdout)
    sentences = [LEAD, *([MONEY] if holdout.deciles else []), *([RANKS] if holdout.auc else [])]
    drawn = [deciles(facts, holdout.deciles)] if holdout.deciles else []
    return Chapter(
        name="trust",
        title="Accuracy",
        sentences=(*(facts.words.fill(each, **numbers) for each in sentences), CAVEAT),
        parts=(_risks(facts, holdout), *drawn),
        numbers=numbers,
    )


def _numbers(holdout: SubscriptionSummary) -> dict[str, Any]:
    off = holdout.left / holdout.expected - 1.0 if holdout.expected > 0 else None
    return holdout.model_dump(exclude={"risks", "deciles", "of"}) | {
        "unit": UNITS[holdout.of],
        "off": None if off is None else abs(off),
        "side": "more" if (off or 0.0) >= 0 else "fewer",
    }


def _risks(facts: SubscriptionFacts, holdout: SubscriptionSummary) -> Picture:
    unit = UNITS[holdout.of]
    sentence = (
        f"{unit.capitalize()} in deciles by churn risk. Bars: the share that ended with a "
        "cancellation; diamonds: the risk they were given. Of a thousand in the riskiest decile, "
        "{came:count} did and {expected:count} were expected; in the safest, {low:count} and "
        "{low_expected:count}."
    )
    best, worst = holdout.risks[0], holdout.risks[-1]
    caption = facts.words.fill(
        sentence,
        came=1000.0 * worst["came"],
        expected=1000.0 * worst["expected"],
        low=1000.0 * best["came"],
        low_expected=1000.0 * best["expected"],
    )
    return risks(holdout.risks, unit=unit, came="ended with a cancellation", caption=caption)
