"""The chapters of a report on subscriptions, in their order."""

from __future__ import annotations

from collections.abc import Callable

from train.report.chapters import tier_changes, value_distribution
from train.report.chapters.subscriptions import (
    accuracy,
    data_quality,
    groups,
    overview,
    retention,
    top_customers,
)
from train.report.facts.subscriptions import SubscriptionFacts
from train.report.page.components import Chapter

CHAPTERS: tuple[Callable[[SubscriptionFacts], Chapter | None], ...] = (
    overview.chapter,
    value_distribution.chapter,
    groups.chapter,
    retention.chapter,
    top_customers.chapter,
    tier_changes.chapter,
    accuracy.chapter,
    data_quality.chapter,
)
