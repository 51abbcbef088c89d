"""What a training gives: a bundle, its learning curves, its holdout evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from models.boosting_rounds import RoundsCurve
from train.tracking.serialization import requirements

Bundle = TypeVar("Bundle")
Holdout = TypeVar("Holdout")
LIBRARIES = ("numpy", "pandas", "scikit-learn", "xgboost", "xgboost-cpu", "duckdb")


@dataclass(frozen=True)
class Fitted(Generic[Bundle]):
    """A bundle and how it came about; curves: per model, deviance out of time by rounds."""

    bundle: Bundle
    curves: dict[str, RoundsCurve]


@dataclass(frozen=True)
class Trained(Fitted[Bundle], Generic[Bundle, Holdout]):
    """A fitted bundle and what is known of its quality.

    holdout  the same recipe on what it had not seen, against what happened; None where there was
             too little to evaluate it on
    """

    holdout: Holdout | None


def library_versions() -> dict[str, str]:
    """The versions of the libraries that a bundle depends on."""
    return dict(pin.split("==") for pin in requirements(*LIBRARIES))
