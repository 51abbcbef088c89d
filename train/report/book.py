"""The report: facts become chapters, chapters become a page."""

from __future__ import annotations

from collections.abc import Callable

from train.chapters import (
    cohorts,
    groups,
    headline,
    moves,
    personas,
    quality,
    textbook,
    trust,
    value,
    whales,
)
from train.report.facts import Facts
from train.report.page import render
from train.report.parts import Chapter
from train.snapshots import Step

CHAPTERS: tuple[Callable[[Facts], Chapter | None], ...] = (
    headline.chapter,
    value.chapter,
    groups.chapter,
    whales.chapter,
    moves.chapter,
    cohorts.chapter,
    personas.chapter,
    trust.chapter,
    textbook.chapter,
    quality.chapter,
)
STEPS = len(CHAPTERS) + 1


def write(facts: Facts, *, step: Step) -> str:
    """The report as one HTML file; a chapter with nothing to tell is left out."""
    chapters = []
    for each in CHAPTERS:
        if (found := each(facts)) is not None:
            chapters.append(found)
        step(each.__module__.rpartition(".")[-1])
    page = render(
        chapters,
        facts.words,
        headline=headline.headline(facts),
        over=_over(facts),
        under=_under(facts),
    )
    step("page")
    return page


def _over(facts: Facts) -> str:
    subject = facts.subject
    moment = facts.day(subject.as_of)
    return f"{subject.config.tracking.experiment} · as of {moment} · {subject.bundle.card.currency}"


def _under(facts: Facts) -> str:
    subject, card = facts.subject, facts.subject.bundle.card
    which = f"Model clv version {subject.version}" if subject.version else "The model of this run"
    terms = subject.config.economics
    return (
        f"{which}, trained as of {facts.day(card.trained_as_of)}. Value is margin "
        f"({terms.margin:.0%} of revenue) discounted at {terms.discount_rate_annual:.0%} a year to "
        f"today, less {terms.retention_cost_annual:,.2f} {card.currency} a year for keeping a "
        "customer. Churn means no order within the horizon, not gone for good. Every number of "
        "this page is in its element #numbers as JSON."
    )
