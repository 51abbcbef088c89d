"""Better settings for a model: proposed by Optuna, evaluated at earlier origins."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, FiniteFloat, ValidationError
from scipy.stats import norm

from features.atomic_file import replace_file
from features.config.sections import Boosting
from features.errors import ConfigError
from features.file_lock import locked
from features.redaction import redacted
from features.stored_documents import problems
from train.interrupts import uninterrupted
from train.tuning.objective import Gain, Model, Objective, gain, mean_loss

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
SIGNIFICANCE_LEVEL = 0.05
MOST_STUDIES = 100
LOCK = ".tuning.lock"
WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Trial:
    """Settings that were evaluated; number 0 are the configured ones.

    loss  mean over the origins, `by_origin` of each
    gain  against the configured settings; by other seeds than the loss where it is promising
    """

    number: int
    settings: Boosting
    loss: float
    by_origin: tuple[float, ...]
    gain: Gain


def library() -> Any:
    """Optuna, imported on first use. Raises ConfigError where it is not installed."""
    try:
        import optuna
    except ModuleNotFoundError as error:
        if error.name != "optuna":
            raise
        raise ConfigError(
            "tune needs Optuna, which is not installed: pip install optuna, or the extra `train`"
        ) from None
    return optuna


def open_study(var: Path, name: str) -> Any:
    """The study of that name in <var>/tuning.db, with what it knows; a new one where it is not.

    Raises ConnectionError where the file cannot be used.
    """
    optuna = library()
    path = var.resolve() / "tuning.db"
    with _quiet(), _usable(str(path)):
        _make(path)
        study = optuna.create_study(
            storage=f"sqlite:///{path}", study_name=name, load_if_exists=True
        )
        _remove_old(study)
    return study


def _make(path: Path) -> None:
    """Make the file where there is none; it appears whole, also when several do so at once."""
    with locked(path.with_name(LOCK), wait_seconds=WAIT_SECONDS):
        if not path.exists():
            with replace_file(path) as draft:
                library().storages.RDBStorage(f"sqlite:///{draft}").engine.dispose()


def _remove_old(study: Any) -> None:
    """Of too many studies the first ones go: those of earlier data, settings or code."""
    storage = study._storage
    numbers = sorted(each._study_id for each in storage.get_all_studies())
    for number in numbers[:-MOST_STUDIES]:
        if number != study._study_id:
            storage.delete_study(number)


@contextmanager
def _usable(path: str = "tuning.db") -> Iterator[None]:
    """Raises ConnectionError where the file of the studies cannot be used."""
    from sqlalchemy.exc import SQLAlchemyError

    optuna = library()
    try:
        yield
    # subtle: a file of another version of Optuna is a RuntimeError
    except (OSError, RuntimeError, SQLAlchemyError, optuna.exceptions.OptunaError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        what = redacted(reason or str(error).partition("\n")[0])
        raise ConnectionError(
            f"{path}: cannot be used ({what}); remove it, or set PERENNIAL_VAR to another folder"
        ) from None


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
            with _quiet():
                evaluate = _proposed if number else _configured
                found = evaluate(studies[name], objective)
            yield name, found


def finished(study: Any) -> list[Trial]:
    """The trials that were evaluated, in order; the first is that of the configured settings.

    Raises ConnectionError where what is stored of one is none.
    """
    complete = library().trial.TrialState.COMPLETE
    with _usable():
        stored = study.get_trials(deepcopy=False, states=(complete,))
    try:
        return [_trial(place, each.value, each.user_attrs) for place, each in enumerate(stored)]
    except ValidationError as error:
        raise ConnectionError(
            f"tuning.db: holds a trial that cannot be read ({problems(error)}); remove it, or set "
            "PERENNIAL_VAR to another folder"
        ) from None


class _StoredGain(BaseModel):
    mean: FiniteFloat
    sd: FiniteFloat
    least: FiniteFloat


class _StoredTrial(BaseModel):
    """What a study stores of a trial beside its parameters."""

    loss: FiniteFloat
    settings: Boosting
    by_origin: tuple[FiniteFloat, ...]
    gain: _StoredGain


def _trial(number: int, loss: float | None, attributes: Mapping[str, Any]) -> Trial:
    stored = _StoredTrial.model_validate({**attributes, "loss": loss})
    gain = Gain(**stored.gain.model_dump())
    return Trial(number, stored.settings, stored.loss, stored.by_origin, gain)


def best(trials: Sequence[Trial]) -> Trial:
    """The best of those that beat the first at every origin, and significantly; else the first.

    Significance is corrected for multiple comparisons (Bonferroni): of so many trials, none of
    which is better, one passes for better one time in twenty.
    """
    others = trials[1:]
    bound = norm.ppf(1.0 - SIGNIFICANCE_LEVEL / max(len(others), 1))
    better = [
        each for each in others if each.gain.mean > bound * each.gain.sd and each.gain.least > 0.0
    ]
    return max(better, key=lambda each: each.gain.mean, default=trials[0])


def _configured(study: Any, objective: Objective) -> Trial:
    """Trial 0: not proposed but put there, so that the others can be compared with it."""
    optuna, space = library(), _space(objective.configured)
    trial = _evaluated(0, objective.configured, objective)
    configured = optuna.trial.create_trial(
        params={name: getattr(trial.settings, name) for name in space},
        distributions=space,
        value=trial.loss,
        user_attrs=_attributes(trial),
    )
    with uninterrupted(), _usable():
        study.add_trial(configured)
    return trial


def _proposed(study: Any, objective: Objective) -> Trial:
    """One more trial; where it is interrupted it counts for nothing."""
    optuna, number = library(), len(finished(study))
    seed = (objective.config.problem.seed + number) % 2**32
    # A sampler for each trial: what it proposes depends on the trials before, not on this process.
    study.sampler = optuna.samplers.TPESampler(seed=seed)
    with _usable():
        asked = study.ask(_space(objective.configured))
    try:
        trial = _evaluated(number, _settings(objective.configured, asked.params), objective)
        with uninterrupted(), _usable():
            for name, value in _attributes(trial).items():
                asked.set_user_attr(name, value)
            study.tell(asked, trial.loss)
    except BaseException:
        with _usable():
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


def _attributes(trial: Trial) -> dict[str, Any]:
    """What a study stores of a trial beside its loss."""
    return {
        "settings": trial.settings.model_dump(),
        "by_origin": trial.by_origin,
        "gain": {"mean": trial.gain.mean, "sd": trial.gain.sd, "least": trial.gain.least},
    }


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


@contextmanager
def _quiet() -> Iterator[None]:
    """Let Optuna and its store report trouble only."""
    loggers = [logging.getLogger(name) for name in ("optuna", "alembic")]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
