"""Value by tier, segment, channel, category, country and first order."""

from __future__ import annotations

from models.segmentation.personas import favourite
from models.segmentation.rfm import MEANINGS
from train.report.chapters.groups import INTRODUCTION, picture
from train.report.facts.purchases import PurchaseFacts
from train.report.page.components import Chapter


def chapter(facts: PurchaseFacts) -> Chapter:
    """One picture for each way to group customers that the log knows."""
    predictions, lines = facts.predictions, facts.inputs.log.lines
    tiers = list(facts.inputs.config.tiers.names)
    pictures = [
        picture(facts, "tier", predictions["tier"], tiers),
        picture(facts, "segment", predictions["segment"], list(MEANINGS)),
    ]
    absent = []
    for name in ("category", "channel"):
        if name in facts.inputs.log.optional:
            pictures.append(picture(facts, name, favourite(lines, name, facts.inputs.as_of)))
        else:
            absent.append(name)
    if facts.inputs.countries is not None:
        pictures.append(picture(facts, "country", facts.inputs.countries))
    else:
        absent.append("country")
    found = tuple(each for each in pictures if each is not None)
    return Chapter(
        name="groups",
        title="Groups",
        sentences=(
            INTRODUCTION.format(span=facts.span),
            *((f"The log names no {', no '.join(absent)}.",) if absent else ()),
        ),
        parts=found,
    )
