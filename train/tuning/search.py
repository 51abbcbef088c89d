"""Better settings for a model: proposed by Optuna, evaluated at earlier origins."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from features.config.sections import Boosting
from train.interrupts import uninterrupted
from train.tuning.objective import Model, Objective, gain, mean_loss
from train.tuning.stored_trials import attributes, finished
from train.tuning.studies import library, quiet, usable
from train.tuning.trial import Trial

# Lowest and highest value that is tried; max_rounds and max_bin stay as configured.
RANGES: dict[str, tuple[float, float]] = {
    "learning_rate": (0.02, 0.3),
    "max_depth": (2, 6),
    "min_child_weight": (1.0, 100.0),
    "subsample": (0.5, 1.0),
    "colsample_bytree": (0.2, 1.0),
    "reg_lambda": (0.1, 100.0),
    "strength": (0.1, 1.0),
}
BY_FACTORS = ("learning_rate", "min_child_weight", "reg_lambda")


def search(
    objectives: Mapping[Model, Objective],
    studies: Mapping[Model, Any],
    *,
    trials: int,
    seconds: float | None = None,
) -> Iterator[tuple[Model, Trial]]:
    """Evaluate settings until each study holds `trials`; yields each when it is done and stored.

    seconds  no new trial begins after so long, but for the configured settings'
    """
    start = time.monotonic()
    for number in range(trials):
        for name, objective in objectives.items():
            if len(finished(studies[name])) > number:
                continue
            if number and seconds is not None and time.monotonic() - start > seconds:
                return
            with quiet():
                evaluate = _proposed if number else _configured
                found = evaluate(studies[name], objective)
            yield name, found


def _configured(study: Any, objective: Objective) -> Trial:
    """Trial 0: not proposed but put there, so that the others can be compared with it."""
    optuna, space = library(), _space(objective.configured)
    trial = _evaluated(0, objective.configured, objective)
    configured = optuna.trial.create_trial(
        params={name: getattr(trial.settings, name) for name in space},
        distributions=space,
        value=trial.loss,
        user_attrs=attributes(trial),
    )
    with uninterrupted(), usable():
        study.add_trial(configured)
    return trial


def _proposed(study: Any, objective: Objective) -> Trial:
    """One more trial; where it is interrupted it counts for nothing."""
    optuna, number = library(), len(finished(study))
    seed = (objective.config.problem.seed + number) % 2**32
    # A sampler for each trial: what it proposes depends on the trials before, not on this process.
    study.sampler = optuna.samplers.TPESampler(seed=seed)
    with usable():
        asked = study.ask(_space(objective.configured))
    try:
        trial = _evaluated(number, _settings(objective.configured, asked.params), objective)
        with uninterrupted(), usable():
            for name, value in attributes(trial).items():
                asked.set_user_attr(name, value)
            study.tell(asked, trial.loss)
    except BaseException:
        with usable():
            study.tell(asked, state=optuna.trial.TrialState.FAIL, skip_if_finished=True)
        raise
    return trial


def _evaluated(number: int, settings: Boosting, objective: Objective) -> Trial:
    losses = objective.losses(settings) if number else objective.baseline
    found = gain([objective.baseline], [losses])
    if found.mean > found.sd and found.least > 0.0:
        found = gain(objective.reseeded_baseline, objective.reseeded(settings))
    return Trial(
        number=number,
        settings=settings,
        loss=mean_loss(losses),
        by_origin=tuple(float(each.mean()) for each in losses),
        gain=found,
    )


def _space(configured: Boosting) -> dict[str, Any]:
    """What is searched: the ranges, widened to hold the configured value."""
    optuna, found = library().distributions, {}
    for name, (low, high) in RANGES.items():
        at = getattr(configured, name)
        low, high = min(low, at), max(high, at)
        if isinstance(at, int):
            found[name] = optuna.IntDistribution(int(low), int(high))
        else:
            found[name] = optuna.FloatDistribution(low, high, log=name in BY_FACTORS and low > 0)
    return found


def _settings(configured: Boosting, proposed: Mapping[str, float]) -> Boosting:
    """The proposal in three digits, which are all that matter, with the rest as configured."""
    rounded = {
        name: value if isinstance(value, int) else float(f"{value:.3g}")
        for name, value in proposed.items()
    }
    return configured.model_copy(update=rounded)
