"""Trials as a study stores them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, FiniteFloat, ValidationError

from features.config.sections import Boosting
from features.stored_documents import problems
from train.tuning.objective import Gain
from train.tuning.studies import library, usable
from train.tuning.trial import Trial


def finished(study: Any) -> list[Trial]:
    """The trials that were evaluated, in order; the first is that of the configured settings.

    Raises ConnectionError where what is stored of one is none.
    """
    complete = library().trial.TrialState.COMPLETE
    with usable():
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


def _trial(number: int, loss: float | None, beside: Mapping[str, Any]) -> Trial:
    stored = _StoredTrial.model_validate({**beside, "loss": loss})
    gain = Gain(**stored.gain.model_dump())
    return Trial(number, stored.settings, stored.loss, stored.by_origin, gain)


def attributes(trial: Trial) -> dict[str, Any]:
    """What a study stores of a trial beside its loss."""
    return {
        "settings": trial.settings.model_dump(),
        "by_origin": trial.by_origin,
        "gain": {"mean": trial.gain.mean, "sd": trial.gain.sd, "least": trial.gain.least},
    }
