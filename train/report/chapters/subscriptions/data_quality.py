"""What became of the rows of the table of subscribers, and the basis of the predictions."""

from __future__ import annotations

from features.ingest.subscribers import MEANINGS
from train.report.chapters.data_quality import quality_chapter
from train.report.facts.subscriptions import SubscriptionFacts
from train.report.page.components import Chapter


def chapter(facts: SubscriptionFacts) -> Chapter:
    """Every row of the table accounted for; what is unsure about the customers."""
    inputs = facts.inputs
    span = (
        f"The table is known until {facts.day(inputs.subscriptions.end)}; nothing from "
        f"{facts.day(inputs.as_of)} on is used. The counts are those of the whole table."
    )
    return quality_chapter(facts, inputs.subscriptions, MEANINGS, span)
