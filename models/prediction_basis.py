"""What a prediction rests on, and what its reader should know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.card import FeatureColumns

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Basis = Literal["model", "prior", "insufficient"]


@dataclass(frozen=True)
class Evidence:
    """What each customer's prediction rests on.

    known     whether there are numbers at all, shape (n,)
    basis     insufficient: what the probability model needs to know is unknown, no numbers
              prior: the bundle has no trees, the numbers are the probability model's
              model: the probability model, corrected by trees
    warnings  sentences
    """

    known: Flags
    basis: list[Basis]
    warnings: list[list[str]]


def evidence(known: Flags, warnings: list[list[str]], *, rounds: int) -> Evidence:
    """The evidence of customers for a model of so many boosting rounds."""
    fitted: Basis = "model" if rounds > 0 else "prior"
    basis: list[Basis] = [fitted if flag else "insufficient" for flag in known.tolist()]
    return Evidence(known, basis, warnings)


def outside_training_range(
    bundle: FeatureColumns, matrix: Array, known: Flags
) -> Iterator[tuple[int, str]]:
    """Row and feature of each value that is not between the bounds of what was learnt from."""
    lowest, highest = bundle.bounds
    beyond = ((matrix < lowest) | (matrix > highest)) & known[:, None]
    rows, places = beyond.nonzero()
    for row, place in zip(rows.tolist(), places.tolist(), strict=True):
        yield row, bundle.names[place]
