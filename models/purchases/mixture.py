"""How much to believe the probability model, trees that correct it, and trees grown afresh.

Three predictions are mixed on the link scale: the prior's; *corrections*, trees that start from it;
and *fresh* trees, which start from everybody's mean and read the prior's predictions as columns.
Corrections serve a small log, fresh trees a large one whose customers the prior describes badly.

Which mixture is right cannot be known, so all of a grid are averaged: each counts as much as it
makes the newest snapshot likely, for customers not learnt from (Bayesian model averaging, Hoeting
et al. 1999). Customers of one snapshot share its weather, so that their evidence counts a quarter
of what as many independent ones would say; where nothing is said, half of the weight is the prior's
alone. A mixture is linear in its trees: the average is one booster, and a part of the prior.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray
from scipy.special import logit

from models.boosting import (
    Array,
    Deviance,
    Matrix,
    Objective,
    TrainingRows,
    fit_trees,
    no_trees,
    tree_correction,
)
from models.boosting_rounds import (
    FOLDS,
    NO_CURVE,
    RoundsCurve,
    candidate_rounds,
    out_of_time,
    some_customers,
)
from models.prior_boosted import PriorBoosted
from models.weighted_trees import weighted_trees

Dispersion = Callable[[Array, Array], float]
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
PRIOR_ALONE = 0.5  # weight of the prior without trees before anything is seen
INDEPENDENT = 0.25
FEWEST_TRAINED = 20
MOST_EVALUATED = 5000
LEAST_WEIGHT = 1e-3


@dataclass(frozen=True)
class Mixture:
    """margin = slope * the prior's + shift + what the booster adds.

    slope  share of the prior's margin that is kept beside fresh trees, in [0, 1]
    shift  where fresh trees start, as much as they count
    """

    slope: float
    shift: float
    booster: xgb.Booster
    curve: RoundsCurve


@dataclass(frozen=True)
class _Candidate:
    """A mixture: shares of corrections and of fresh trees, so many rounds of each."""

    corrections: float
    fresh: float
    rounds: int


NO_TREES = _Candidate(0.0, 0.0, 0)


@dataclass(frozen=True)
class _HeldOut:
    """The newest snapshot's rows, and what trees of other customers and earlier times add to them.

    corrections, fresh  by number of rounds
    """

    target: Array
    start: Array
    corrections: dict[int, Array]
    fresh: dict[int, Array]

    def margin(self, candidate: _Candidate) -> Array:
        """The mixture's, but for the level."""
        if candidate == NO_TREES:
            return self.start
        return np.asarray(
            (1.0 - candidate.fresh) * self.start
            + candidate.corrections * self.corrections[candidate.rounds]
            + candidate.fresh * self.fresh[candidate.rounds]
        )


class MixedTrees(PriorBoosted):
    """An estimator whose trees are mixed with the prior.

    Learnt by `fit`: `booster_`, `slope_` and `shift_` (see `Mixture`), `curve_` (deviance by
    rounds).
    """

    def _fit_mixture(
        self,
        sample: TrainingRows,
        objective: Objective,
        deviance: Deviance,
        dispersion: Dispersion,
        *,
        horizon_days: float,
    ) -> None:
        parameters = self.xgboost_parameters(objective)
        held_out = _held_out(sample, parameters, horizon_days=horizon_days, most=self.max_rounds)
        if held_out is None:
            self._keep(prior_alone(sample.features.shape[1], objective))
            return
        weights, curve = _weights(held_out, deviance, dispersion, strength=self.strength)
        self._keep(_average(sample, parameters, weights, curve))

    def _keep(self, mixture: Mixture) -> None:
        self.slope_, self.shift_ = mixture.slope, mixture.shift
        self.booster_, self.curve_ = mixture.booster, mixture.curve

    def margin(self, start: Array, features: Matrix) -> Array:
        """Predictions on the link scale; start: the prior's."""
        return self.slope_ * start + self.shift_ + tree_correction(self.booster_, features)


def prior_alone(columns: int, objective: Objective) -> Mixture:
    """The prior as it is, over a matrix of so many columns."""
    return Mixture(1.0, 0.0, no_trees(columns, objective), NO_CURVE)


def fresh_rows(sample: TrainingRows, objective: Objective) -> TrainingRows:
    """The rows with the mean of their snapshot as margin.

    How much happens in a window is not the trees' to explain.
    """
    moments, place = np.unique(sample.as_of, return_inverse=True)
    mean = np.bincount(place, sample.target, moments.size) / np.bincount(place)
    level = np.log(mean) if objective == "reg:gamma" else logit(np.clip(mean, 1e-4, 1.0 - 1e-4))
    return TrainingRows(sample.features, sample.target, level[place], sample.as_of, sample.customer)


def _held_out(
    sample: TrainingRows, parameters: dict[str, Any], *, horizon_days: float, most: int
) -> _HeldOut | None:
    """Trees of two thirds of the customers at earlier snapshots, applied to the rest's newest.

    None where too little is known to judge by.
    """
    sample = some_customers(sample, MOST_EVALUATED)
    training, evaluated = out_of_time(sample, horizon_days)
    folds = [sample.customer % FOLDS == fold for fold in range(FOLDS)]
    if not most or any((training & ~fold).sum() < FEWEST_TRAINED for fold in folds):
        return None
    rounds = [each for each in candidate_rounds(most) if each]
    rows = {"corrections": sample, "fresh": fresh_rows(sample, parameters["objective"])}
    parts: dict[str, list[Array]] = {"corrections": [], "fresh": []}
    for fold in folds:
        features = sample.features[evaluated & fold]
        for kind, each in rows.items():
            booster = fit_trees(each.at(training & ~fold), parameters, most)
            parts[kind].append(np.stack([tree_correction(booster, features, n) for n in rounds]))
    added = {
        kind: dict(zip(rounds, np.concatenate(each, axis=1), strict=True))
        for kind, each in parts.items()
    }
    order = np.concatenate([np.flatnonzero(evaluated & fold) for fold in folds])
    return _HeldOut(sample.target[order], sample.margin[order], **added)


def _weights(
    held_out: _HeldOut, deviance: Deviance, dispersion: Dispersion, *, strength: float
) -> tuple[dict[_Candidate, float], RoundsCurve]:
    """What each mixture counts, in sum 1, and the deviance of the best by rounds."""
    shares = [
        (strength * corrections, strength * fresh)
        for corrections in SHARES
        for fresh in SHARES
        if 0.0 < corrections + fresh <= 1.0 and strength > 0.0
    ]
    candidates = [
        NO_TREES,
        *(_Candidate(*each, rounds) for rounds in held_out.fresh for each in shares),
    ]
    target = held_out.target
    losses = np.array([deviance(target, held_out.margin(each)).sum() for each in candidates])
    before = np.full(len(candidates), (1.0 - PRIOR_ALONE) / max(len(candidates) - 1, 1))
    before[0] = PRIOR_ALONE
    scale = INDEPENDENT / dispersion(target, held_out.start)
    evidence = np.exp((losses.min() - losses) * scale) * before
    weights = evidence / evidence.sum()
    return (
        dict(zip(candidates, weights.tolist(), strict=True)),
        _curve(candidates, losses / max(len(target), 1)),
    )


def _curve(candidates: list[_Candidate], deviance: Array) -> RoundsCurve:
    best: dict[int, float] = {}
    for candidate, each in zip(candidates, deviance.tolist(), strict=True):
        best[candidate.rounds] = min(each, best.get(candidate.rounds, np.inf))
    return RoundsCurve(tuple(best), tuple(best.values()), min(best, key=best.__getitem__))


def _average(
    sample: TrainingRows,
    parameters: dict[str, Any],
    weights: dict[_Candidate, float],
    curve: RoundsCurve,
) -> Mixture:
    """The average of the mixtures, each with trees that have learnt from all rows."""
    fresh = fresh_rows(sample, parameters["objective"])
    rounds = np.arange(max(each.rounds for each in weights))
    parts: list[tuple[xgb.Booster, NDArray[np.float64]]] = []
    for kind, rows in (("corrections", sample), ("fresh", fresh)):
        by_tree = sum(
            (
                weight * getattr(each, kind) * (rounds < each.rounds)
                for each, weight in weights.items()
            ),
            np.zeros(rounds.size),
        )
        by_tree = by_tree[by_tree >= LEAST_WEIGHT]
        parts.append((fit_trees(rows, parameters, by_tree.size), by_tree))
    share = sum(weight * each.fresh for each, weight in weights.items())
    return Mixture(1.0 - share, share * float(fresh.margin.mean()), weighted_trees(parts), curve)
