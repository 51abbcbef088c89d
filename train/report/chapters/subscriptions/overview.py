"""Subscribers at a glance: how many, what they will pay, and how sure that is."""

from __future__ import annotations

from typing import Any

from features.timestamps import MONTH_DAYS
from train.charts.chart_types import months
from train.charts.theme import money_axis
from train.report.chapters.overview import COLUMNS, KINDS, TILES, expected_months, numbers
from train.report.facts.subscriptions import SubscriptionFacts
from train.report.page.components import Chapter, Picture, Tile, Tiles

FIRST = (
    "customers with a contract",
    "{customers:count}",
    "{leaving:count} are expected to cancel in {days:days}",
)
LEAD = (
    "Revenue is that of the next {days:days}; value is what the contracts will still bring over "
    "their whole remaining life, discounted to today."
)
MONTHS = (
    "If nobody left, today's customers would pay {promised:money} in {days:days}; expected are "
    "{share:percent} of it. Those who come later are not in it."
)


def chapter(facts: SubscriptionFacts) -> Chapter:
    """Tiles, and the expected revenue of each month."""
    known = _numbers(facts)
    fill = facts.words.fill
    tiles = tuple(Tile(*(fill(text, **known) for text in each)) for each in (FIRST, *TILES[1:]))
    picture = Picture(
        name="months",
        title="What is expected month by month",
        caption=fill(MONTHS, **known),
        columns=COLUMNS,
        rows=expected_months(facts.inputs.as_of, *facts.monthly),
        spec=months(COLUMNS, money_axis(facts.words.symbol), kinds=[KINDS[2]]),
    )
    return Chapter(
        name="headline",
        title="At a glance",
        sentences=(fill(LEAD, **known),),
        parts=(Tiles(tiles), picture),
        numbers=known,
    )


def _numbers(facts: SubscriptionFacts) -> dict[str, Any]:
    found, days = numbers(facts), facts.inputs.horizon_days
    promised = float(facts.table["monthly_amount"].sum()) * days / MONTH_DAYS
    return found | {
        "leaving": float(facts.predictions["p_churn"].sum()),
        "promised": promised,
        "share": found["revenue"] / promised if promised > 0 else None,
    }
