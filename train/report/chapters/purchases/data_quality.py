"""What became of the rows of the transaction log, and the basis of the predictions."""

from __future__ import annotations

from features.ingest.policies import MEANINGS
from train.report.chapters.data_quality import quality_chapter
from train.report.facts.purchases import PurchaseFacts
from train.report.page.components import Chapter


def chapter(facts: PurchaseFacts) -> Chapter:
    """Every row of the log accounted for; what is unsure about the customers."""
    log = facts.inputs.log
    span = (
        f"The log begins on {facts.day(log.first)}; nothing from "
        f"{facts.day(facts.inputs.as_of)} on is used. The counts are those of the "
        "whole log."
    )
    return quality_chapter(facts, log, MEANINGS, span)
