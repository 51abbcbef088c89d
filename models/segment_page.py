"""The page about tiers and segments, written from the rules themselves."""

from __future__ import annotations

import sys

from features.config.sections import Tiers
from models.segmentation.rfm import GRID, MEANINGS, NEW, NEW_DAYS, NEW_RECENCY

HEAD = """# Tiers and segments

Two names for every customer. The **tier** looks ahead: it says how much value is predicted. The
**segment** looks back: it says how recently, how often and for how much the customer bought.
Written by `python -m models.segment_page > docs/segments.md` from the rules in `models/`: change
those, not this file.
"""
SCORES = """Every customer gets three scores from 1 to 5, by fifths of all customers:

- **recency**: 5 for the fifth that bought last, 1 for the fifth that has been silent longest;
- **frequency**: 5 for the most orders, 1 for the fewest;
- **money**: 5 for the most money, refunds taken off, 1 for the least.

Equal values have equal scores, so a fifth can be larger than a fifth: where half of the customers
have ordered once, half of them score 1 in frequency. The bounds between the scores are stored as
plain numbers with the batch, so a single customer can be placed later by the same bounds.

The **value** score is half of the sum of frequency and money, rounded up. The grid then has one
cell for every customer:
"""


def render() -> str:
    """The page as Markdown: tiers, the grid of segments, and what each of them means."""
    return "\n".join([HEAD, _tiers(Tiers()), "## Segments\n", SCORES, _grid(), _new(), _meanings()])


def _tiers(terms: Tiers) -> str:
    rows = "\n".join(
        f"| {name} | {share:.0%} |" for name, share in zip(terms.names, terms.shares, strict=True)
    )
    return f"""## Tiers

Customers ranked by predicted value (`clv`), the best first:

| tier | share of the customers |
|---|---|
{rows}

Names and shares are the configuration's:

```toml
[tiers]
names = [{", ".join(f'"{name}"' for name in terms.names)}]
shares = [{", ".join(f"{share:g}" for share in terms.shares)}]
margin = {terms.margin:g}
```

- Equal values are never split: they share the tier in which the middle of them ranks.
- A customer who had a tier in the last batch keeps it until the value lies beyond the cut by
  `margin` of the ranking: with {terms.margin:g}, {100 * terms.margin:g} of a hundred customers
  further up or down. Otherwise whoever is near a cut would change names with every batch.
- A customer of whom nothing can be predicted has no tier, and does not move the cuts.
"""


def _grid() -> str:
    rows = "\n".join(
        f"| **{recency}**{_end(recency)} | {' | '.join(cells)} |" for recency, cells in GRID.items()
    )
    return f"""| recency, value | 1 (least) | 2 | 3 | 4 | 5 (most) |
|---|---|---|---|---|---|
{rows}
"""


def _end(recency: int) -> str:
    return {5: " (latest)", 1: " (longest ago)"}.get(recency, "")


def _new() -> str:
    return f"""One rule comes before the grid: whoever has bought on one day only, less than
{NEW_DAYS} days ago, and has a recency score of at least {NEW_RECENCY}, is **{NEW}**, whatever was
spent.
"""


def _meanings() -> str:
    rows = "\n".join(f"| {name} | {who} | {what} |" for name, (who, what) in MEANINGS.items())
    return f"| segment | who | what is usually worth doing |\n|---|---|---|\n{rows}\n"


if __name__ == "__main__":
    sys.stdout.write(render())
