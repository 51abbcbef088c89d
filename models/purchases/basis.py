"""What a prediction rests on, and what its reader should know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, PurchaseBundle

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Basis = Literal["model", "prior", "insufficient"]

NEEDED = (
    *("repeat_days", "last_repeat_days", "age_days", "day_value_mean"),
    *("monetary_sum", "refund_sum"),
)
YOUNG_DAYS = 30


@dataclass(frozen=True)
class Evidence:
    """What each customer's answer rests on.

    known     whether there are numbers at all, shape (n,)
    basis     insufficient: a sufficient statistic of the probability model is unknown, no numbers
              prior: the bundle has no trees, the numbers are the probability model's
              model: the probability model, corrected by trees
    warnings  sentences
    """

    known: Flags
    basis: list[Basis]
    warnings: list[list[str]]


def assess(bundle: PurchaseBundle, matrix: Array, horizon_days: int) -> Evidence:
    """The verdict on each row of a matrix of `models.purchases.predict.feature_matrix`."""
    card = bundle.card
    needed = matrix[:, [bundle.places[name] for name in NEEDED]]
    known: Flags = ~np.logical_or.reduce(np.isnan(needed), axis=1)
    learnt: Basis = "model" if card.churn.rounds + card.spend.rounds > 0 else "prior"
    warnings: list[list[str]] = [[] for _ in range(len(matrix))]
    for flags, sentence in _histories(bundle, matrix, known):
        for row in flags.nonzero()[0].tolist():
            warnings[row].append(sentence)
    for position, place in outside(bundle, matrix, known):
        warnings[position].append(f"{bundle.names[place]} outside the training range")
    if horizon_days > card.fitted_horizon_days:
        sentence = (
            f"the log was long enough to learn from {card.fitted_horizon_days} days; the "
            f"probability model carries the answer on to {horizon_days}"
        )
        for row in known.nonzero()[0].tolist():
            warnings[row].append(sentence)
    basis: list[Basis] = [learnt if each else "insufficient" for each in known.tolist()]
    return Evidence(known, basis, warnings)


def _histories(bundle: PurchaseBundle, matrix: Array, known: Flags) -> Iterator[tuple[Flags, str]]:
    """Flags over the rows, and what they mean."""
    column = {
        name: matrix[:, bundle.places[name]] for name in ("repeat_days", "age_days", "refund_rate")
    }
    yield ~known, "no purchase before as_of is known, so nothing can be predicted"
    yield column["repeat_days"] == 0, "only one purchase day so far"
    yield column["age_days"] < YOUNG_DAYS, f"customer for less than {YOUNG_DAYS} days"
    yield column["refund_rate"] > 1.0, "refunds exceed purchases"


def outside(bundle: Bundle, matrix: Array, known: Flags) -> Iterator[tuple[int, int]]:
    """Row and column of each value that is not between the bounds of what was learnt from."""
    lowest, highest = bundle.bounds
    beyond = ((matrix < lowest) | (matrix > highest)) & known[:, None]
    rows, places = beyond.nonzero()
    yield from zip(rows.tolist(), places.tolist(), strict=True)
