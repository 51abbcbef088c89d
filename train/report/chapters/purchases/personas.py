"""Personas: customers who bought alike, each group in words."""

from __future__ import annotations

import pandas as pd

from models.segmentation.clusters import cluster
from models.segmentation.personas import favourite, names, profiles, words
from train.json_values import plain
from train.report.facts.purchases import PurchaseFacts
from train.report.page.components import Card, Cards, Chapter

SHARES = {
    "customer_share": "customers",
    "revenue_share": "revenue so far",
    "value_share": "expected value",
    "p_churn": "churn risk",
}


def chapter(facts: PurchaseFacts) -> Chapter:
    """A card for each cluster, and how stable the clusters are."""
    log = facts.inputs.log
    found = cluster(facts.table)
    favourites = pd.DataFrame(
        {name: favourite(log.lines, name, facts.inputs.as_of) for name in log.optional}
    )
    groups = profiles(
        facts.table, found.labels, predictions=facts.predictions, favourites=favourites
    )
    groups.insert(0, "name", names(groups, facts.table))
    numbers = {"groups": len(groups), "stability": found.stability, "agreement": found.agreement}
    lead = (
        "{groups:count} groups of customers who are alike in how lately, how often and for how "
        "much they bought. Their names come from their numbers."
    )
    sure = (
        "Made of either half of the customers, the groups agree to {stability:percent} beyond "
        "chance; with another method to {agreement:percent}."
    )
    return Chapter(
        name="personas",
        title="Personas",
        sentences=(facts.words.fill(lead, **numbers), facts.words.fill(sure, **numbers)),
        parts=(Cards(tuple(_card(facts, row) for _, row in groups.iterrows())),),
        numbers=numbers | {"profiles": [plain(row.to_dict()) for _, row in groups.iterrows()]},
    )


def _card(facts: PurchaseFacts, row: pd.Series) -> Card:
    text = words(row, currency=facts.words.currency, horizon_days=facts.inputs.horizon_days)
    shares = tuple(
        (label, float(row[name]), facts.words.format_field(float(row[name]), "percent"))
        for name, label in SHARES.items()
        if pd.notna(row[name])
    )
    return Card(title=str(row["name"]), text=text, shares=shares)
