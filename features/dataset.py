"""Purchases or subscriptions: read, accounted for, and described as of a point in time."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import overload

import pandas as pd

from features.command_line import state_folder
from features.config.purchases import PurchaseConfig
from features.config.read import AnyConfig
from features.config.source_address import without_password
from features.config.subscriptions import SubscriptionConfig, SubscriptionData
from features.errors import DataError
from features.ingest import policies, subscribers
from features.ingest.health.check import require_purchases
from features.ingest.health.finding import require_none
from features.ingest.sources import paths_of
from features.ingest.subscribers import SubscriberTable, read_subscribers
from features.ingest.transactions import TransactionLog, read_transactions
from features.purchases import table as purchase_table
from features.subscriptions import table as subscription_table
from features.timestamps import parse_as_of

logger = logging.getLogger(__name__)

KEPT = "transactions"

Dataset = TransactionLog | SubscriberTable


@overload
def read_dataset(
    config: PurchaseConfig, *, strict: bool = ..., kept_in: Path | None = ...
) -> TransactionLog: ...
@overload
def read_dataset(
    config: SubscriptionConfig, *, strict: bool = ..., kept_in: Path | None = ...
) -> SubscriberTable: ...
@overload
def read_dataset(
    config: AnyConfig, *, strict: bool = ..., kept_in: Path | None = ...
) -> Dataset: ...


def read_dataset(
    config: AnyConfig, *, strict: bool = False, kept_in: Path | None = None
) -> Dataset:
    """Read the data of a configuration; log what is read, where its rows went, what looks wrong.

    strict   whether what the health check finds is an error
    kept_in  where canonical lines are kept, so that the commands read a source once

    Raises DataError, in one sentence, for a file, column or value that cannot be used.
    """
    source = _source(config)
    logger.info("reading %s", source)
    dataset = _read(config, kept_in=kept_in)
    logger.info("%s", show_counts(dataset))
    _require_purchases(config, dataset)
    if strict:
        require_none(source, dataset.findings)
    for each in dataset.findings:
        logger.warning("health: %s", each.sentence)
    return dataset


@overload
def read_frame(config: PurchaseConfig, frame: object | None) -> TransactionLog: ...
@overload
def read_frame(config: SubscriptionConfig, frame: object | None) -> SubscriberTable: ...
@overload
def read_frame(config: AnyConfig, frame: object | None) -> Dataset: ...


def read_frame(config: AnyConfig, frame: object | None) -> Dataset:
    """The same of a frame, in silence: what looks wrong is in the findings of what is returned.

    frame   see `features.ingest.frames.open_frame`; None: the source that the configuration names
    """
    dataset = _read(config, frame)
    _require_purchases(config, dataset)
    return dataset


def _read(
    config: AnyConfig, frame: object | None = None, *, kept_in: Path | None = None
) -> Dataset:
    if isinstance(config, SubscriptionConfig):
        return read_subscribers(config.data, frame=frame)
    return read_transactions(config.data, frame=frame, kept_in=kept_in)


def _require_purchases(config: AnyConfig, dataset: Dataset) -> None:
    if not isinstance(config, SubscriptionConfig):
        require_purchases(config.data, dataset.counts)


def _source(config: AnyConfig) -> str:
    if isinstance(config, SubscriptionConfig):
        return config.data.customers
    return without_password(config.data.transactions)


def kept_lines() -> Path:
    """Where the commands keep canonical lines: in the folder of the local state."""
    return state_folder() / KEPT


def files_read(path: Path, config: AnyConfig) -> list[Path]:
    """The files that a configuration is read from: its own, and those of its data.

    Where the data are a folder it is among them: what is put into it is data, too.
    Raises DataError where there are no data.
    """
    data = config.data
    source = data.customers if isinstance(data, SubscriptionData) else data.transactions
    folder = [Path(source)] if Path(source).is_dir() else []
    return [path, *folder, *paths_of(source)]


def show_counts(dataset: Dataset) -> str:
    """Every row of the source by what became of it, as aligned text, one reason a line."""
    counts = dataset.counts
    is_log = isinstance(dataset, TransactionLog)
    meanings = policies.meanings(counts) if is_log else subscribers.MEANINGS
    width = max(len(f"{number:,}") for number in counts.values())
    return "\n".join(
        f"{counts[name]:>{width},}  {meaning}"
        for name, meaning in meanings.items()
        if name in counts
    )


def as_of_or_end(text: str | None, dataset: Dataset) -> datetime:
    """The time asked for, read in the data's time zone; without one the end of what is known.

    Raises DataError for a text that is no date or ISO timestamp.
    """
    return dataset.end if text is None else parse_as_of(text, dataset.timezone)


def features_as_of(
    dataset: Dataset, as_of: datetime, *, optional: tuple[str, ...] | None = None
) -> pd.DataFrame:
    """The feature table as of a time, index customer_id, sorted.

    `optional` names the optional columns to be used of a transaction log, by default those that
    it has. Raises DataError where no customer is in the table.
    """
    if isinstance(dataset, SubscriberTable):
        features = subscription_table.build_features(dataset, as_of)
        return require_subscribers(features, as_of)
    columns = dataset.optional if optional is None else optional
    features = purchase_table.build_features(dataset.stored, as_of, optional=columns)
    if features.empty:
        raise nobody_bought(dataset, as_of)
    return features


def nobody_bought(log: TransactionLog, as_of: datetime) -> DataError:
    """What is to be raised where the feature table of a log is empty."""
    return DataError(
        f"no customer has a purchase before as_of {as_of.isoformat()}: the log begins at "
        f"{log.first.isoformat()}, choose a later as_of"
    )


def require_subscribers(table: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """The table itself. Raises DataError where nobody is in it."""
    if table.empty:
        raise DataError(
            f"nobody has a subscription as of {as_of.isoformat()}; choose another as_of"
        )
    return table
