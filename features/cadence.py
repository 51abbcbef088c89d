"""The rhythm of buying: gaps between active days, so orders of one day make no gap of zero."""

from __future__ import annotations

from features.expressions import Expression

CADENCE = (
    Expression(
        "gap_mean_days",
        "AVG(CAST(gap AS DOUBLE))",
        "days",
        "mean gap between active days; null with one active day",
        over="days",
    ),
    Expression(
        "gap_std_days",
        "STDDEV_SAMP(CAST(gap AS DOUBLE))",
        "days",
        "sample standard deviation of the gaps; null with fewer than two",
        over="days",
    ),
    Expression("gap_max_days", "MAX(gap)", "days", "longest gap between active days", over="days"),
    Expression(
        "gap_last_days",
        "MAX(CASE WHEN next_day IS NULL THEN gap END)",
        "days",
        "gap before the last active day",
        over="days",
    ),
    Expression(
        "recency_over_gap",
        "recency_days / gap_mean_days",
        "ratio",
        "silence since the last purchase in mean gaps; null with one active day",
        over="columns",
    ),
)
