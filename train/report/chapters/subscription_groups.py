"""Subscribers by tier, and what became of the rows of their table."""

from __future__ import annotations

from features.ingest.subscribers import MEANINGS
from train.report.chapters.data_quality import accounted
from train.report.chapters.groups import INTRODUCTION, picture
from train.report.facts.subscriptions import ContractFacts
from train.report.page.parts import Chapter


def chapter(facts: ContractFacts) -> Chapter | None:
    """One picture of the tiers; nothing where no value is known."""
    order = list(facts.subject.config.tiers.names)
    found = picture(facts, "tier", facts.answers["tier"], order)
    if found is None:
        return None
    says = INTRODUCTION.format(span=facts.span)
    return Chapter(name="groups", title="Tiers", says=(says,), parts=(found,))


def quality(facts: ContractFacts) -> Chapter:
    """Every row of the table accounted for; what is unsure about the customers."""
    subject = facts.subject
    span = (
        f"The table is known until {facts.day(subject.subscriptions.end)}; nothing from "
        f"{facts.day(subject.as_of)} on is used. The counts are those of the whole table."
    )
    return accounted(facts, subject.subscriptions.counts, MEANINGS, span)
