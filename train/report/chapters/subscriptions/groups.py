"""Subscribers by tier."""

from __future__ import annotations

from train.report.chapters.groups import INTRODUCTION, picture
from train.report.facts.subscriptions import SubscriptionFacts
from train.report.page.components import Chapter


def chapter(facts: SubscriptionFacts) -> Chapter | None:
    """One picture of the tiers; nothing where no value is known."""
    order = list(facts.inputs.config.tiers.names)
    found = picture(facts, "tier", facts.predictions["tier"], order)
    if found is None:
        return None
    lead = INTRODUCTION.format(span=facts.span)
    return Chapter(name="groups", title="Tiers", sentences=(lead,), parts=(found,))
