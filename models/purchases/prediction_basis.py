"""What a prediction of purchases rests on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.prediction_basis import Array, Evidence, Flags, evidence, outside_training_range
from models.purchases.bundle import PurchaseBundle

NEEDED = (
    *("repeat_days", "last_repeat_days", "age_days", "day_value_mean"),
    *("monetary_sum", "refund_sum"),
)
YOUNG_DAYS = 30


def assess(bundle: PurchaseBundle, matrix: Array, horizon_days: int) -> Evidence:
    """The evidence of each row of a matrix of `bundle.feature_matrix`.

    insufficient: one of the sufficient statistics, NEEDED, is unknown.
    """
    card = bundle.card
    needed = matrix[:, [bundle.places[name] for name in NEEDED]]
    known: Flags = ~np.logical_or.reduce(np.isnan(needed), axis=1)
    warnings: list[list[str]] = [[] for _ in range(len(matrix))]
    for flags, sentence in _histories(bundle, matrix, known):
        for row in flags.nonzero()[0].tolist():
            warnings[row].append(sentence)
    for row, name in outside_training_range(bundle, matrix, known):
        warnings[row].append(f"{name} outside the training range")
    if horizon_days > card.fitted_horizon_days:
        sentence = (
            f"the log was long enough to learn from {card.fitted_horizon_days} days; the "
            f"probability model carries the answer on to {horizon_days}"
        )
        for row in known.nonzero()[0].tolist():
            warnings[row].append(sentence)
    return evidence(known, warnings, rounds=card.churn.rounds + card.spend.rounds)


def _histories(bundle: PurchaseBundle, matrix: Array, known: Flags) -> Iterator[tuple[Flags, str]]:
    """Flags over the rows, and what they mean."""
    column = {
        name: matrix[:, bundle.places[name]] for name in ("repeat_days", "age_days", "refund_rate")
    }
    yield ~known, "no purchase before as_of is known, so nothing can be predicted"
    yield column["repeat_days"] == 0, "only one purchase day so far"
    yield column["age_days"] < YOUNG_DAYS, f"customer for less than {YOUNG_DAYS} days"
    yield column["refund_rate"] > 1.0, "refunds exceed purchases"
