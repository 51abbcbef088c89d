"""What is bought and where: variety, and the favourite's part."""

from __future__ import annotations

from features.purchases.expression import Expression

FAVOURITE = "CAST(MAX(n) AS DOUBLE) / SUM(n)"

MIX = (
    Expression(
        "n_categories",
        "COUNT(*)",
        "categories",
        "distinct categories bought; null when none is known",
        over="category",
        needs="category",
    ),
    Expression(
        "top_category_share",
        FAVOURITE,
        "share",
        "favourite category's part of all (purchase, category) pairs",
        over="category",
        needs="category",
    ),
    Expression(
        "top_channel_share",
        FAVOURITE,
        "share",
        "favourite channel's part of all (purchase, channel) pairs",
        over="channel",
        needs="channel",
    ),
)
