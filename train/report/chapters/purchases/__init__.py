"""The chapters of a report on purchases, in their order."""

from __future__ import annotations

from collections.abc import Callable

from train.report.chapters import tier_changes, value_distribution
from train.report.chapters.purchases import (
    accuracy,
    cohorts,
    data_quality,
    groups,
    overview,
    personas,
    textbook,
    top_customers,
)
from train.report.facts.purchases import PurchaseFacts
from train.report.page.components import Chapter

CHAPTERS: tuple[Callable[[PurchaseFacts], Chapter | None], ...] = (
    overview.chapter,
    value_distribution.chapter,
    groups.chapter,
    top_customers.chapter,
    tier_changes.chapter,
    cohorts.chapter,
    personas.chapter,
    accuracy.chapter,
    textbook.chapter,
    data_quality.chapter,
)
