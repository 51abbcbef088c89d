"""The commands `build`, `labels` and `dictionary`: read, compute, write whole files."""

from __future__ import annotations

import logging
from argparse import Namespace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from features.atomic_file import check_out, write_atomically
from features.config.read import read_config
from features.dataset import (
    Dataset,
    as_of_or_end,
    features_as_of,
    files_read,
    kept_lines,
    nobody_bought,
    read_dataset,
    require_subscribers,
)
from features.errors import DataError
from features.ingest.health.finding import by_name
from features.ingest.subscribers import SubscriberTable
from features.ingest.transactions import TransactionLog
from features.purchases import labels as purchase_labels
from features.purchases.dictionary import render
from features.purchases.table import expressions
from features.purchases.table_file import write_features
from features.schema import OPTIONAL
from features.subscriptions import labels as subscription_labels

logger = logging.getLogger(__name__)


def build(arguments: Namespace) -> dict[str, Any]:
    """Write the feature table as of a time, by default the end of what is known."""
    config = read_config(arguments.config)
    check_out(arguments.out, inputs=files_read(arguments.config, config))
    dataset = read_dataset(config, strict=arguments.strict, kept_in=kept_lines())
    as_of = _as_of(arguments.as_of, dataset, dataset.end)
    if isinstance(dataset, TransactionLog) and as_of > dataset.end:
        logger.warning("as_of %s lies after the log's end %s", as_of, dataset.end)
    facts = {"as_of": as_of}
    if isinstance(dataset, SubscriberTable):
        return _write(features_as_of(dataset, as_of), arguments.out, dataset, facts)
    with write_atomically(arguments.out) as path:
        shape = write_features(dataset.stored, as_of, path, optional=dataset.optional)
        if not shape[0]:
            raise nobody_bought(dataset, as_of)
    return _result(shape, arguments.out, dataset, facts)


def labels(arguments: Namespace) -> dict[str, Any]:
    """Write the outcomes of the horizon after a time, by default the last possible one."""
    config = read_config(arguments.config)
    check_out(arguments.out, inputs=files_read(arguments.config, config))
    dataset = read_dataset(config, strict=arguments.strict, kept_in=kept_lines())
    days = arguments.horizon_days
    if days is None:
        days = config.problem.horizon_days
    as_of = _as_of(arguments.as_of, dataset, dataset.end - timedelta(days=max(days, 0)))
    facts = {"as_of": as_of, "horizon_days": days}
    return _write(_labels_as_of(dataset, as_of, days), arguments.out, dataset, facts)


def dictionary(arguments: Namespace) -> dict[str, Any]:
    """Write the data dictionary."""
    with write_atomically(arguments.out) as path:
        path.write_text(render(), encoding="utf-8")
    return {"features": len(expressions(OPTIONAL)), "out": str(arguments.out)}


def _as_of(text: str | None, dataset: Dataset, default: datetime) -> datetime:
    as_of = default if text is None else as_of_or_end(text, dataset)
    source = "" if text is not None else f" (from the {dataset.noun})"
    logger.info("as_of %s%s", as_of.isoformat(), source)
    return as_of


def _labels_as_of(dataset: Dataset, as_of: datetime, horizon_days: int) -> pd.DataFrame:
    if isinstance(dataset, SubscriberTable):
        labels = subscription_labels.build_labels(dataset, as_of, horizon_days)
        return require_subscribers(labels, as_of)
    labels = purchase_labels.build_labels(dataset.stored, as_of, horizon_days, end=dataset.end)
    if labels.empty:
        raise DataError(
            f"no customer has a purchase before as_of {as_of.isoformat()}: the log holds "
            f"{dataset.first.isoformat()} to {dataset.end.isoformat()}, choose a shorter horizon"
        )
    return labels


def _write(
    frame: pd.DataFrame, out: Path, dataset: Dataset, facts: dict[str, Any]
) -> dict[str, Any]:
    """Write `frame` with `facts` as columns after customer_id; return the JSON result."""
    written = frame.reset_index()
    for place, (name, value) in enumerate(facts.items(), start=1):
        written.insert(place, name, value)
    with write_atomically(out) as path:
        written.to_parquet(path, index=False)
    return _result(written.shape, out, dataset, facts)


def _result(
    shape: tuple[int, int], out: Path, dataset: Dataset, facts: dict[str, Any]
) -> dict[str, Any]:
    """The JSON result of a table of so many rows and columns."""
    return {
        "rows": shape[0],
        "columns": shape[1],
        **facts,
        "as_of": facts["as_of"].isoformat(),
        "counts": dataset.counts,
        "findings": by_name(dataset.findings),
        "sha256": dataset.sha256,
        "out": str(out),
    }
