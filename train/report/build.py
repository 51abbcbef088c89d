"""The report: facts become chapters, chapters become a page."""

from __future__ import annotations

from functools import partial

from train.progress import Step
from train.report.chapters import purchases, subscriptions
from train.report.chapters.overview import headline
from train.report.facts.purchases import PurchaseFacts
from train.report.facts.subscriptions import SubscriptionFacts
from train.report.page.components import Chapter
from train.report.page.render import render

Facts = PurchaseFacts | SubscriptionFacts


def build(facts: Facts, *, step: Step) -> str:
    """The report as one HTML file; a chapter that has nothing to show is left out."""
    chapters = []
    for chapter in _chapters(facts):
        if (filled := chapter()) is not None:
            chapters.append(filled)
        step(chapter.func.__module__.rpartition(".")[-1])
    page = render(
        chapters, facts.words, headline=headline(facts), over=_over(facts), under=_under(facts)
    )
    step("page")
    return page


def steps(facts: Facts) -> int:
    """How often `build` reports progress."""
    return len(_chapters(facts)) + 1


def _chapters(facts: Facts) -> list[partial[Chapter | None]]:
    if isinstance(facts, PurchaseFacts):
        return [partial(chapter, facts) for chapter in purchases.CHAPTERS]
    return [partial(chapter, facts) for chapter in subscriptions.CHAPTERS]


def _over(facts: Facts) -> str:
    inputs = facts.inputs
    date = facts.day(inputs.as_of)
    return f"{inputs.config.tracking.experiment} · as of {date} · {inputs.bundle.card.currency}"


def _under(facts: Facts) -> str:
    inputs, card = facts.inputs, facts.inputs.bundle.card
    which = f"Model clv version {inputs.version}" if inputs.version else "The model of this run"
    terms = inputs.config.economics
    return (
        f"{which}, trained as of {facts.day(card.trained_as_of)}. Value is margin "
        f"({terms.margin:.0%} of revenue) discounted at {terms.discount_rate_annual:.0%} a year to "
        f"today, less {terms.retention_cost_annual:,.2f} {card.currency} a year for keeping a "
        f"customer. {facts.worded('churn')} Every number of this page is in its element #numbers "
        "as JSON."
    )
