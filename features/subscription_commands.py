"""The commands behind the door where customers have contracts."""

from __future__ import annotations

import logging
from argparse import Namespace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from features.commands import write
from features.config.read import read_subscription_config
from features.config.subscriptions import SubscriptionConfig
from features.errors import DataError
from features.ingest.policies import format_counts
from features.ingest.subscribers import MEANINGS, SubscriberTable, read_subscribers
from features.subscriptions import table as subscription_table
from features.timestamps import parse_as_of

logger = logging.getLogger(__name__)


def build(arguments: Namespace) -> dict[str, Any]:
    """Write the table of who has a contract as of a moment, by default the end of knowledge."""
    _, subscriptions = _read(arguments.config)
    as_of = _moment(arguments.as_of, subscriptions, subscriptions.end)
    features = subscription_table.build_features(subscriptions, as_of)
    if features.empty:
        raise DataError(f"nobody has a contract as of {as_of.isoformat()}; choose another as_of")
    return write(features, arguments.out, subscriptions, {"as_of": as_of})


def labels(arguments: Namespace) -> dict[str, Any]:
    """Write who cancelled in the horizon after a moment, by default the last possible one."""
    config, subscriptions = _read(arguments.config)
    days = arguments.horizon_days
    if days is None:
        days = config.problem.horizon_days
    as_of = _moment(
        arguments.as_of, subscriptions, subscriptions.end - timedelta(days=max(days, 0))
    )
    found = subscription_table.build_labels(subscriptions, as_of, days)
    if found.empty:
        raise DataError(f"nobody has a contract as of {as_of.isoformat()}; choose another as_of")
    return write(found, arguments.out, subscriptions, {"as_of": as_of, "horizon_days": days})


def _read(path: Path) -> tuple[SubscriptionConfig, SubscriberTable]:
    config = read_subscription_config(path)
    logger.info("reading %s", config.data.customers)
    subscriptions = read_subscribers(config.data)
    logger.info("%s", format_counts(subscriptions.counts, MEANINGS))
    return config, subscriptions


def _moment(text: str | None, subscriptions: SubscriberTable, default: datetime) -> datetime:
    as_of = default if text is None else parse_as_of(text, subscriptions.timezone)
    logger.info("as_of %s%s", as_of.isoformat(), " (from the table)" if text is None else "")
    return as_of
