"""What a subscriber's prediction rests on, and what its reader should know."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.bundle import SubscriptionBundle
from models.purchases.basis import Basis, Evidence, Flags, outside

Array = NDArray[np.float64]
NEEDED = ("tenure_months", "monthly_amount")


def assess(bundle: SubscriptionBundle, matrix: Array, horizon_days: int) -> Evidence:
    """The verdict on each row of a matrix of `models.subscriptions.predict.feature_matrix`.

    insufficient: tenure or amount is unknown; prior: no trees were learnt; model: both.
    """
    card = bundle.card
    needed = matrix[:, [bundle.places[name] for name in NEEDED]]
    known: Flags = np.asarray(~np.isnan(needed).any(axis=1))
    warnings: list[list[str]] = [[] for _ in range(len(matrix))]
    ahead = horizon_days > card.fitted_horizon_days
    past = needed[:, 0] > card.prior.last_month
    for row in range(len(matrix)):
        if not known[row]:
            warnings[row].append("tenure or monthly amount is unknown, so nothing can be predicted")
        elif past[row]:
            warnings[row].append(
                f"a customer for longer than the {card.prior.last_month} months that were learnt "
                "from: each further month is taken to be like the last"
            )
        elif ahead:
            warnings[row].append(
                f"nobody was watched for {horizon_days} days: months beyond the "
                f"{card.prior.last_month}th are taken to be like the last"
            )
    for row, place in outside(bundle, matrix, known):
        if bundle.names[place] != "tenure_months":
            warnings[row].append(f"{bundle.names[place]} outside the training range")
    learnt: Basis = "model" if card.churn.rounds else "prior"
    basis: list[Basis] = [learnt if each else "insufficient" for each in known]
    return Evidence(known, basis, warnings)
