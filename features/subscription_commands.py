"""The commands behind the door where customers have contracts."""

from __future__ import annotations

import logging
from argparse import Namespace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from features.commands import write
from features.config.subscriptions import (
    ContractConfig,
    read_contract_config,
)
from features.ingest.policies import describe
from features.ingest.subscribers import (
    MEANINGS,
    Subscriptions,
    read_subscriptions,
)
from features.schema import ContractError
from features.subscriptions import table as subscription_table
from features.timestamps import parse_as_of

logger = logging.getLogger(__name__)


def build(arguments: Namespace) -> dict[str, Any]:
    """Write the table of who has a contract as of a moment, by default the end of knowledge."""
    _, subscriptions = _read(arguments.config)
    as_of = _moment(arguments.as_of, subscriptions, subscriptions.end)
    features = subscription_table.build(subscriptions, as_of)
    if features.empty:
        raise ContractError(
            f"nobody has a contract as of {as_of.isoformat()}; choose another as_of"
        )
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
    found = subscription_table.labels(subscriptions, as_of, days)
    if found.empty:
        raise ContractError(
            f"nobody has a contract as of {as_of.isoformat()}; choose another as_of"
        )
    return write(found, arguments.out, subscriptions, {"as_of": as_of, "horizon_days": days})


def _read(path: Path) -> tuple[ContractConfig, Subscriptions]:
    config = read_contract_config(path)
    logger.info("reading %s", config.data.customers)
    subscriptions = read_subscriptions(config.data)
    logger.info("%s", describe(subscriptions.counts, MEANINGS))
    return config, subscriptions


def _moment(text: str | None, subscriptions: Subscriptions, default: datetime) -> datetime:
    as_of = default if text is None else parse_as_of(text, subscriptions.timezone)
    logger.info("as_of %s%s", as_of.isoformat(), " (from the table)" if text is None else "")
    return as_of
