"""The task that the arguments of a command ask for, of purchases or of subscriptions."""

from __future__ import annotations

import logging
from argparse import Namespace
from datetime import datetime

from features.config.read import AnyConfig, read_config
from features.config.subscriptions import SubscriptionConfig
from features.dataset import Dataset, as_of_or_end, kept_lines, read_dataset
from features.errors import DataError
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask, truncate
from train.subscriptions.snapshot_cache import SubscriptionSnapshots, SubscriptionTask

AnyTask = PurchaseTask | SubscriptionTask
logger = logging.getLogger(__name__)


def read_task(arguments: Namespace) -> AnyTask:
    """What the arguments `config`, `as_of` and `horizon_days` ask for, with its data.

    Raises ConfigError or DataError for what cannot be used.
    """
    return task_of(read_config(arguments.config), arguments)


def task_of(config: AnyConfig, arguments: Namespace) -> AnyTask:
    """The same of a configuration that has been read."""
    horizon_days = arguments.horizon_days or config.problem.horizon_days
    if isinstance(config, SubscriptionConfig):
        subscribers = read_dataset(config, strict=arguments.strict, kept_in=kept_lines())
        as_of = _as_of(arguments.as_of, subscribers)
        if as_of > subscribers.end:
            raise DataError(
                f"as_of {as_of.isoformat()} lies after the end of knowledge "
                f"{subscribers.end.isoformat()}; take that or an earlier one"
            )
        return SubscriptionTask(config, SubscriptionSnapshots(subscribers), as_of, horizon_days)
    log = read_dataset(config, strict=arguments.strict, kept_in=kept_lines())
    as_of = _as_of(arguments.as_of, log)
    return PurchaseTask(config, PurchaseSnapshots(truncate(log, as_of)), as_of, horizon_days)


def _as_of(text: str | None, dataset: Dataset) -> datetime:
    as_of = as_of_or_end(text, dataset)
    default = "" if text else f" (the {dataset.noun}'s end)"
    logger.info("as of %s%s", as_of.isoformat(), default)
    return as_of
