"""Publishing to the score store: what the batch was made from, and a bar while it is written."""

from __future__ import annotations

import hashlib
import sys
from datetime import datetime
from typing import Any

from tqdm import tqdm

from features.config.read import AnyConfig
from features.dataset import Dataset
from serve.model.loaded import LoadedModel
from serve.scoring.cohorts import sum_cohorts
from serve.store import publish as store
from serve.store.batch import BatchOrigin, Content
from serve.store.database import Database

DATA_OPTIONS = {"refunds", "guests", "duplicates", "columns", "departures", "attributes"}
# Columns that came later, and what says where the data are or is an origin of its own.
LATER_COLUMNS = {"time", "currency", "refunded", "refunds_order"}
PLACES = {"transactions", "customers", "currency", "timezone", "known_until", "preset"}
TOTALS = (
    *("total_clv", "total_expected_revenue", "total_revenue_low", "total_revenue_high"),
    *("basis", "counts"),
)
BAR_AFTER_SECONDS = 2.0


def open_store(address: str) -> Database:
    """A store that could be written to, so far as can be seen before there is anything to write.

    Raises ServeError for one that cannot be reached, or is not of this version.
    """
    database = Database(address, writes=True)
    store.check_schema(database)
    return database


def batch_origin(
    config: AnyConfig, model: LoadedModel, dataset: Dataset, *, as_of: datetime, horizon_days: int
) -> BatchOrigin:
    """Everything that the scores of a data set depend on."""
    card = model.bundle.card
    return BatchOrigin(
        model_name=model.name,
        model_version=model.version,
        card_sha256=hashlib.sha256(card.model_dump_json().encode()).hexdigest(),
        trained_as_of=card.trained_as_of,
        as_of=as_of,
        horizon_days=horizon_days,
        currency=card.currency,
        timezone=dataset.timezone,
        economics=config.economics.model_dump(),
        data_sha256=dataset.sha256,
        options={
            "data": _data_options(config),
            "tiers": config.tiers.model_dump(mode="json"),
        },
    )


def _data_options(config: AnyConfig) -> dict[str, Any]:
    """How the data are read: the keys that 0.2.0 had, and of the others those that are set.

    subtle: a batch that an earlier version wrote has the same origin still.
    """
    data, columns = config.data, config.data.columns
    found: dict[str, Any] = data.model_dump(mode="json", include=DATA_OPTIONS)
    unset = {name for name in LATER_COLUMNS & found["columns"].keys() if not found["columns"][name]}
    found["columns"] = columns.model_dump(mode="json", exclude=unset)
    others = DATA_OPTIONS | PLACES | {"refund_matching"}
    later = data.model_dump(mode="json", exclude=others, exclude_defaults=True)
    matched = getattr(data, "refund_matching", "none")  # it was never otherwise in 0.2.0
    return found | later | ({"refund_matching": matched} if matched != "none" else {})


def publish_batch(
    database: Database,
    origin: BatchOrigin,
    content: Content,
    *,
    totals: dict[str, Any],
    keep: int | None = None,
) -> dict[str, Any]:
    """Publish a batch; the `store` of the JSON result.

    Raises ServeError for a store that cannot be written to, or one that is busy for too long.
    """
    try:
        with tqdm(
            total=len(content.predictions),
            desc="store",
            file=sys.stderr,
            disable=None,
            delay=BAR_AFTER_SECONDS,
            leave=False,
            unit="customer",
        ) as bar:
            published = store.publish(
                database,
                origin,
                content,
                totals={name: totals[name] for name in TOTALS}
                | {"cohorts": sum_cohorts(content, origin.as_of, origin.timezone)},
                keep=keep or store.KEEP_BATCHES,
                step=bar.update,
            )
    finally:
        database.close()
    return {
        "batch": published.batch,
        "unchanged": published.unchanged,
        "again": published.again,
        "dropped": published.dropped,
        "url": database.shown,
    }
