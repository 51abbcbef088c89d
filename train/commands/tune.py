"""The command `tune`: search, record every trial, write the settings that won."""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from features.atomic_file import check_out, write_atomically
from features.command_line import databases, state_folder
from features.config.purchases import PurchaseConfig
from features.config.read import read_purchase_config
from features.config.sections import Boosting
from features.dataset import files_read
from train.fingerprint import fingerprint
from train.interrupts import uninterrupted
from train.progress import Step, bar
from train.purchases.snapshot_cache import PurchaseTask
from train.read_task import task_of
from train.recipe_lookup import require_command
from train.run_records import local_date, run_name, training_data
from train.tracking import runs as tracking
from train.tuning.objective import Model, objectives
from train.tuning.search import search
from train.tuning.stored_trials import finished
from train.tuning.studies import library, open_study
from train.tuning.trial import Trial, best

logger = logging.getLogger(__name__)
ABOUT = (
    "**Tune**: settings of churn and spend, tried at earlier origins and evaluated on what "
    "followed. One child run a trial; trial 0 are the configured settings. `loss` is log loss "
    "(churn) or gamma deviance (spend), lower is better; `gain` is the fall against trial 0, by "
    "other seeds where it is promising, and `gain_sd` its standard error. Trials that an earlier "
    "run stored in tuning.db are children of that run: the tag `study` finds them all."
)
LOSS = {"churn": "log loss", "spend": "gamma deviance"}


def tune(arguments: Namespace) -> dict[str, Any]:
    """Search churn's and spend's settings and write the better ones as TOML; return a summary.

    trials   of each model in all, those of an earlier run and the configured settings included
    minutes  after which no trial begins

    Raises DataError where customers have subscriptions, and for what cannot be used.
    """
    require_command("tune", arguments.config)
    library()  # before the log is read, so that its absence is noticed at once
    trials, out = arguments.trials, arguments.out
    task = _task(arguments)
    tried = objectives(task)
    var = state_folder()
    names = {name: _study_name(name, task) for name in tried}
    studies = {name: open_study(var, names[name]) for name in tried}
    stored = {name: len(finished(study)) for name, study in studies.items()}
    earlier = tried["churn"].origins
    origins = [f"{each.as_of:%Y-%m-%d}" for each in earlier]
    logger.info("evaluated on the %d days after %s", earlier[0].horizon_days, ", ".join(origins))
    if any(stored.values()):
        logger.info("kept from an earlier run: %s", _counted(stored))

    tracking.connect(task.config.tracking.experiment)
    started = _started(task, trials, origins, names)
    title = run_name("tune", task)
    with tracking.start_run(title, started, config=task.config.model_dump()) as run_id:
        seconds = None if arguments.minutes is None else 60.0 * arguments.minutes
        done = search(tried, studies, trials=trials, seconds=seconds)
        with bar("tuning", sum(max(trials - each, 0) for each in stored.values())) as step:
            interrupted = _record_each(done, names, step)
        found = {name: finished(study) for name, study in studies.items()}
        summary = _finish(task.config, found, out, title=_title(task, origins))
    return {
        "run_id": run_id,
        "as_of": task.as_of.isoformat(),
        "horizon_days": task.horizon_days,
        # the horizon of the evaluation; a key of the JSON that is promised
        "judged_days": earlier[0].horizon_days,
        "origins": [each.as_of.isoformat() for each in earlier],
        "interrupted": interrupted,
        **summary,
        "out": str(out),
    }


def _task(arguments: Namespace) -> PurchaseTask:
    """What the arguments ask for; the log is read when it is known that `--out` can be written."""
    config = read_purchase_config(arguments.config)
    check_out(arguments.out, inputs=[*files_read(arguments.config, config), *databases()])
    return cast(PurchaseTask, task_of(config, arguments))


def _started(
    task: PurchaseTask, trials: int, origins: Sequence[str], studies: Mapping[Model, str]
) -> tracking.Record:
    """What is recorded of the whole search before its first trial."""
    return tracking.Record(
        description=ABOUT,
        params={"command": "tune", "trials": trials, "origins": origins, "studies": studies},
        tags={"as_of": local_date(task), "model": "tune"},
        dataset=training_data(task),
    )


def fragment(settings: Mapping[Model, Boosting], comments: Mapping[Model, str], title: str) -> str:
    """The settings as tables of a configuration file, all keys, each table with its comment."""
    lines = [f"# {title}", "# Put these tables into the configuration, in the place of its own."]
    for name, chosen in settings.items():
        lines += ["", f"# {comments[name]}", f"[{name}]"]
        lines += [f"{key} = {value!r}" for key, value in chosen.model_dump().items()]
    return "\n".join(lines) + "\n"


def describe_best(name: Model, trials: Sequence[Trial]) -> str:
    """Which trial won and by how much, or that none did, in a sentence."""
    if not trials:
        return f"{name}: nothing was tried, the configured settings stay"
    won, others = best(trials), trials[1:]
    if won.number:
        return (
            f"{name}: {LOSS[name]} {won.loss:.5f}, configured {trials[0].loss:.5f}; trial "
            f"{won.number} of {len(others)} gains {won.gain.mean:.5f} by other seeds, "
            f"standard error {won.gain.sd:.5f}"
        )
    stays = f"{name}: {LOSS[name]} {won.loss:.5f}; the configured settings stay"
    if not others:
        return f"{stays}, nothing else was tried"
    near = max((each.gain for each in others), key=lambda each: each.mean)
    if near.mean <= 0.0:
        return f"{stays}, none of {len(others)} others is better"
    return (
        f"{stays}, none of {len(others)} others is significantly better at every origin: the "
        f"best gains {near.mean:.5f}, standard error {near.sd:.5f}"
    )


def _record_each(
    done: Iterator[tuple[Model, Trial]], studies: Mapping[Model, str], step: Step
) -> bool:
    """Record every trial as it is done; whether Ctrl-C put an end to it."""
    try:
        for name, trial in done:
            with uninterrupted():
                tracking.log_run(f"{name} {trial.number}", _trial_record(name, trial, studies))
            step(f"{name} {trial.loss:.4f}")
    except KeyboardInterrupt:
        logger.warning("interrupted; the trials that are done are kept, and count again")
        return True
    return False


def _finish(
    config: PurchaseConfig, found: Mapping[Model, Sequence[Trial]], out: Path, *, title: str
) -> dict[str, Any]:
    """Report, write and record what won."""
    comments = {name: describe_best(name, trials) for name, trials in found.items()}
    settings = {
        name: best(trials).settings if trials else getattr(config, name)
        for name, trials in found.items()
    }
    text = fragment(settings, comments, title)
    logger.info("%s", text)
    with write_atomically(out) as path:
        path.write_text(text, encoding="utf-8")
    evaluated = {name: trials for name, trials in found.items() if trials}
    won = {name: best(trials) for name, trials in evaluated.items()}
    tracking.log(
        tracking.Record(
            metrics={
                f"{name}_{key}": value
                for name, trial in won.items()
                for key, value in {"loss": trial.loss, "gain": trial.gain.mean}.items()
            },
            curves={
                f"{name}_best_loss": np.minimum.accumulate([each.loss for each in trials]).tolist()
                for name, trials in evaluated.items()
            },
            texts={"best.toml": text},
        )
    )
    return {name: _summary(trials) if trials else None for name, trials in found.items()}


def _summary(trials: Sequence[Trial]) -> dict[str, Any]:
    won = best(trials)
    return {
        "trials": len(trials),
        "won": won.number,
        "loss": won.loss,
        "configured_loss": trials[0].loss,
        "gain": won.gain.mean,
        "gain_sd": won.gain.sd,
        "settings": won.settings.model_dump(),
    }


def _trial_record(name: Model, trial: Trial, studies: Mapping[Model, str]) -> tracking.Record:
    by_origin = {f"loss_origin_{place}": at for place, at in enumerate(trial.by_origin, start=1)}
    return tracking.Record(
        params={"model": name, "trial": trial.number, **trial.settings.model_dump()},
        metrics={
            "loss": trial.loss,
            "gain": trial.gain.mean,
            "gain_sd": trial.gain.sd,
            **by_origin,
        },
        tags={"model": name, "study": studies[name]},
    )


def _study_name(name: Model, task: PurchaseTask) -> str:
    """Named after all that a trial's loss depends on, the code included."""
    settings = task.config.model_dump_json(include={"data", "problem", name})
    parts = (settings, task.data.source.sha256, task.as_of.isoformat(), str(task.horizon_days))
    return f"{name}-{fingerprint(*parts)}"


def _title(task: PurchaseTask, origins: Sequence[str]) -> str:
    return (
        f"Found by `python -m train tune` as of {task.as_of:%Y-%m-%d}: tried as of "
        f"{' and '.join(origins)}, evaluated on what followed."
    )


def _counted(stored: Mapping[Model, int]) -> str:
    return ", ".join(f"{count} trials of {name}" for name, count in stored.items())
