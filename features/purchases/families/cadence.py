"""The rhythm of buying: gaps between active days, so orders of one day make no gap of zero."""

from __future__ import annotations

from features.purchases.expression import Expression

GAP = "CASE WHEN prev_day < day THEN day - prev_day END"

CADENCE = (
    Expression(
        "gap_mean_days",
        f"AVG({GAP})",
        "days",
        "mean gap between active days; null with one active day",
    ),
    Expression(
        "gap_std_days",
        f"STDDEV_SAMP({GAP})",
        "days",
        "sample standard deviation of the gaps; null with fewer than two",
    ),
    Expression(
        "gap_max_days",
        f"MAX({GAP})",
        "days",
        "longest gap between active days; null with one active day",
    ),
    Expression(
        "gap_last_days",
        "MAX(day) - MAX(CASE WHEN day < next_day THEN day END)",
        "days",
        "gap before the last active day; null with one active day",
    ),
    Expression(
        "gap_first_days",
        "MIN(CASE WHEN day > first_day THEN day - first_day END)",
        "days",
        "gap after the first active day; null with one active day",
    ),
    Expression(
        "gap_variation",
        "gap_std_days / gap_mean_days",
        "ratio",
        "how irregular the gaps are: their standard deviation in means; null with fewer than two",
        over="columns",
    ),
    Expression(
        "repeat_rate",
        "repeat_days / age_days",
        "ratio",
        "active days after the first one per day since then",
        over="columns",
    ),
    Expression(
        "recency_over_gap",
        "recency_days / gap_mean_days",
        "ratio",
        "silence since the last purchase in mean gaps; null with one active day",
        over="columns",
    ),
)
