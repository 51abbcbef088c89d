"""The task that the arguments of a command ask for, of purchases or of subscriptions."""

from __future__ import annotations

import logging
from argparse import Namespace
from datetime import datetime

from features.config.purchases import PurchaseConfig
from features.config.read import AnyConfig, read_config
from features.config.subscriptions import SubscriptionConfig
from features.dataset import Dataset, as_of_or_end, kept_lines, read_dataset
from features.errors import DataError
from features.ingest.subscribers import SubscriberTable
from features.ingest.transactions import TransactionLog
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
    dataset = read_dataset(config, strict=arguments.strict, kept_in=kept_lines())
    return task_on(config, dataset, _as_of(arguments.as_of, dataset), horizon_days)


def task_on(config: AnyConfig, dataset: Dataset, as_of: datetime, horizon_days: int) -> AnyTask:
    """The task on data that have been read, of the configuration's kind.

    Raises DataError where `as_of` lies after the end of what they know, or before all of it.
    """
    if isinstance(config, SubscriptionConfig) and isinstance(dataset, SubscriberTable):
        if as_of > dataset.end:
            raise DataError(
                f"as_of {as_of.isoformat()} lies after the end of knowledge "
                f"{dataset.end.isoformat()}; take that or an earlier one"
            )
        return SubscriptionTask(config, SubscriptionSnapshots(dataset), as_of, horizon_days)
    if isinstance(config, PurchaseConfig) and isinstance(dataset, TransactionLog):
        return PurchaseTask(
            config, PurchaseSnapshots(truncate(dataset, as_of)), as_of, horizon_days
        )
    raise TypeError("a configuration of one kind of customers, and data of the other")


def _as_of(text: str | None, dataset: Dataset) -> datetime:
    as_of = as_of_or_end(text, dataset)
    default = "" if text else f" (the {dataset.noun}'s end)"
    logger.info("as of %s%s", as_of.isoformat(), default)
    return as_of
