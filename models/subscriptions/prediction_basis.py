"""What a subscriber's prediction rests on."""

from __future__ import annotations

import numpy as np

from models.prediction_basis import Array, Evidence, Flags, evidence, outside_training_range
from models.subscriptions.bundle import SubscriptionBundle

NEEDED = ("tenure_months", "monthly_amount")


def assess(bundle: SubscriptionBundle, matrix: Array, horizon_days: int) -> Evidence:
    """The evidence of each row of a matrix of `bundle.feature_matrix`.

    insufficient: tenure or amount is unknown.
    """
    card = bundle.card
    needed = matrix[:, [bundle.places[name] for name in NEEDED]]
    known: Flags = np.asarray(~np.isnan(needed).any(axis=1))
    warnings: list[list[str]] = [[] for _ in range(len(matrix))]
    beyond_fit = horizon_days > card.fitted_horizon_days
    beyond_last = needed[:, 0] > card.prior.last_month
    for row in range(len(matrix)):
        if not known[row]:
            warnings[row].append("tenure or monthly amount is unknown, so nothing can be predicted")
        elif beyond_last[row]:
            warnings[row].append(
                f"a customer for longer than the {card.prior.last_month} months that were learnt "
                "from: each further month is taken to be like the last"
            )
        elif beyond_fit:
            # a sentence of the column `warnings`, stored with scores: it stays as it is
            warnings[row].append(
                f"nobody was watched for {horizon_days} days: months beyond the "
                f"{card.prior.last_month}th are taken to be like the last"
            )
    for row, name in outside_training_range(bundle, matrix, known):
        if name != "tenure_months":
            warnings[row].append(f"{name} outside the training range")
    return evidence(known, warnings, rounds=card.churn.rounds)
