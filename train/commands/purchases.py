"""The commands behind the door: read, train, record, register, report."""

from __future__ import annotations

import logging
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from features.config.purchases import PurchaseConfig
from features.config.subscriptions import SubscriptionConfig
from models import bundle as bundles
from models.bundle import Bundle, Card
from train.arguments import read_task
from train.commands.backtest import backtest as backtest
from train.progress import Step, bar
from train.purchases.holdout_table import holdout_table
from train.purchases.records import clv_record, model_record
from train.purchases.snapshot_cache import PurchaseTask
from train.purchases.train import BOTH, TrainedPurchases, train
from train.report.run_report import log_report
from train.tracking import runs as tracking
from train.tracking.registry import Registered, register

logger = logging.getLogger(__name__)


def clv(arguments: Namespace) -> dict[str, Any]:
    """Train both models, record them under one parent run and register their bundle."""
    job = _job(arguments)
    with recorded("clv", job.config, job.as_of) as run_id:
        trained = _train(job, BOTH)
        for name in BOTH:
            tracking.child(name, _record(name, job, trained))
        tracking.leave(clv_record(trained))
        registered = register_bundle(trained.bundle)
        log_report(trained, job)
    announce(registered)
    return _result(job, trained, run_id) | named(registered)


def churn(arguments: Namespace) -> dict[str, Any]:
    """Train and record the churn model alone; nothing is registered."""
    return _single("churn", _job(arguments))


def spend(arguments: Namespace) -> dict[str, Any]:
    """Train and record the spend model alone; nothing is registered."""
    return _single("spend", _job(arguments))


def tune(arguments: Namespace) -> dict[str, Any]:
    """Search better settings for both models, out of time; nothing is registered."""
    # imported here: Optuna comes with the extra `train` only
    from train.commands import tune as tuning_door
    from train.tuning.search import library

    library()  # before the log is read, so that its absence is noticed at once
    return tuning_door.tune(
        _job(arguments), trials=arguments.trials, minutes=arguments.minutes, out=arguments.out
    )


def register_bundle(bundle: Bundle) -> Registered:
    """Register a bundle of either kind from the open run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        bundles.save(bundle, path)
        card = bundle.card
        return register(
            path,
            metrics=card.metrics,
            tags={
                "trained_as_of": card.trained_as_of.isoformat(),
                "currency": card.currency,
                "relationship": bundle.relationship,
            },
            description=f"As of {card.trained_as_of:%Y-%m-%d}, {card.horizon_days} days.",
        )


def named(registered: Registered) -> dict[str, Any]:
    """What the JSON result says of a registered model."""
    return {
        "model": registered.name,
        "version": registered.version,
        "alias": registered.alias,
    }


def announce(registered: Registered) -> None:
    """Say where the model is, and how it comes to answer."""
    name, version = registered.name, registered.version
    logger.info("registered %s version %s as %s", name, version, registered.alias)
    if registered.alias == "challenger":
        logger.info(
            "the champion still answers; score with this one by --model models:/%s/%s, or move "
            "the alias champion in MLflow's model registry",
            name,
            version,
        )


def _job(arguments: Namespace) -> PurchaseTask:
    return cast(PurchaseTask, read_task(arguments))


def _train(job: PurchaseTask, models: Sequence[str]) -> TrainedPurchases:
    with _steps("training", job) as step:
        trained = train(job, models=models, step=step)
    card = trained.bundle.card
    if card.fitted_horizon_days < job.horizon_days:
        logger.warning(
            "the log is long enough to learn from %d days; the probability model carries the "
            "answers on to %d",
            card.fitted_horizon_days,
            job.horizon_days,
        )
    logger.info("%s", holdout_table(trained))
    return trained


@contextmanager
def _steps(title: str, job: PurchaseTask) -> Iterator[Step]:
    """A bar as long as two trainings take: the rehearsal and the real one."""
    with bar(title, 2 * (job.config.problem.snapshots + 3)) as step:
        yield step


@contextmanager
def recorded(
    name: str, config: PurchaseConfig | SubscriptionConfig, as_of: datetime
) -> Iterator[str]:
    """The run of a command, and its id; a failure is recorded with it."""
    tracking.connect(config.tracking.experiment)
    started = tracking.Record(
        params={"command": name}, tags={"as_of": f"{as_of:%Y-%m-%d}", "model": name}
    )
    with tracking.parent(name, started, config=config.model_dump()) as run_id:
        yield run_id


def _single(name: str, job: PurchaseTask) -> dict[str, Any]:
    with recorded(name, job.config, job.as_of) as run_id:
        trained = _train(job, (name,))
        tracking.leave(_record(name, job, trained))
    return _result(job, trained, run_id)


def _record(name: str, job: PurchaseTask, trained: TrainedPurchases) -> tracking.Record:
    settings = getattr(job.config, name).model_dump()
    return model_record(name, trained, settings, job.table)


def _result(job: PurchaseTask, trained: TrainedPurchases, run_id: str) -> dict[str, Any]:
    log = job.data.source
    rounds = {name: curve.chosen for name, curve in trained.curves.items()}
    return {
        **about(trained.bundle.card, run_id, rounds=rounds, horizon_days=job.horizon_days),
        "counts": log.counts,
        "data_sha256": log.sha256,
    }


def about(card: Card, run_id: str, *, rounds: dict[str, int], horizon_days: int) -> dict[str, Any]:
    """What the JSON result says of a training of either kind."""
    return {
        "run_id": run_id,
        "as_of": card.trained_as_of.isoformat(),
        "horizon_days": horizon_days,
        "fitted_horizon_days": card.fitted_horizon_days,
        "customers": card.training.customers,
        "currency": card.currency,
        "rounds": rounds,
        "metrics": card.metrics,
    }
