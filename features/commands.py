"""The commands behind the door: read, compute, write whole files."""

from __future__ import annotations

import logging
from argparse import Namespace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from features.atomic_file import write_atomically
from features.config.purchases import PurchaseConfig
from features.config.read import read_purchase_config
from features.errors import DataError
from features.ingest.policies import format_counts
from features.ingest.transactions import TransactionLog, read_transactions
from features.purchases import labels as outcome
from features.purchases import table
from features.purchases.dictionary import render
from features.timestamps import parse_as_of

logger = logging.getLogger(__name__)


def build(arguments: Namespace) -> dict[str, Any]:
    """Write the feature table as of a moment, by default the log's end."""
    _, log = _read(arguments.config)
    as_of = _moment(arguments.as_of, log, log.end)
    if as_of > log.end:
        logger.warning("as_of %s lies after the log's end %s", as_of, log.end)
    features = table.build_features(log.lines, as_of, optional=log.optional)
    if features.empty:
        raise DataError(
            f"no customer has a purchase before as_of {as_of.isoformat()}: the log begins at "
            f"{log.first.isoformat()}, choose a later as_of"
        )
    return write(features, arguments.out, log, {"as_of": as_of})


def labels(arguments: Namespace) -> dict[str, Any]:
    """Write the outcomes of the horizon after a moment, by default the last possible one."""
    config, log = _read(arguments.config)
    days = arguments.horizon_days
    if days is None:
        days = config.problem.horizon_days
    as_of = _moment(arguments.as_of, log, log.end - timedelta(days=max(days, 0)))
    found = outcome.build_labels(log.lines, as_of, days, end=log.end)
    if found.empty:
        raise DataError(
            f"no customer has a purchase before as_of {as_of.isoformat()}: the log holds "
            f"{log.first.isoformat()} to {log.end.isoformat()}, choose a shorter horizon"
        )
    return write(found, arguments.out, log, {"as_of": as_of, "horizon_days": days})


def dictionary(arguments: Namespace) -> dict[str, Any]:
    """Write the data dictionary."""
    with write_atomically(arguments.out) as path:
        path.write_text(render(), encoding="utf-8")
    return {"features": len(table.expressions(table.OPTIONAL)), "out": str(arguments.out)}


def _read(path: Path) -> tuple[PurchaseConfig, TransactionLog]:
    config = read_purchase_config(path)
    logger.info("reading %s", config.data.transactions)
    log = read_transactions(config.data)
    logger.info("%s", format_counts(log.counts))
    return config, log


def _moment(text: str | None, log: TransactionLog, default: datetime) -> datetime:
    as_of = default if text is None else parse_as_of(text, log.timezone)
    logger.info("as_of %s%s", as_of.isoformat(), " (from the log)" if text is None else "")
    return as_of


class Source(Protocol):
    """What a table was made from: every row of it accounted for, and the hash of its bytes."""

    @property
    def counts(self) -> dict[str, int]:
        """Rows by what became of them."""

    @property
    def sha256(self) -> str:
        """Of the source bytes."""


def write(frame: pd.DataFrame, out: Path, source: Source, facts: dict[str, Any]) -> dict[str, Any]:
    """Write `frame` with `facts` as columns after customer_id; return the JSON result."""
    written = frame.reset_index()
    for place, (name, value) in enumerate(facts.items(), start=1):
        written.insert(place, name, value)
    with write_atomically(out) as path:
        written.to_parquet(path, index=False)
    return {
        "rows": len(written),
        "columns": len(written.columns),
        **facts,
        "as_of": facts["as_of"].isoformat(),
        "counts": source.counts,
        "sha256": source.sha256,
        "out": str(out),
    }
