"""What is scored: a log of transactions or a table of contracts, read, and as of a moment."""

from __future__ import annotations

import logging
from datetime import datetime

import pandas as pd

from features.config.purchases import PurchaseConfig
from features.config.subscriptions import SubscriptionConfig
from features.errors import DataError
from features.ingest.policies import format_counts
from features.ingest.subscribers import MEANINGS, SubscriberTable, read_subscribers
from features.ingest.transactions import TransactionLog, read_transactions
from features.purchases import table
from features.subscriptions import table as subscription_table
from features.timestamps import parse_as_of
from models.bundle import Bundle, PurchaseBundle

logger = logging.getLogger(__name__)

AnyConfig = PurchaseConfig | SubscriptionConfig
Source = TransactionLog | SubscriberTable


def read_source(config: AnyConfig) -> Source:
    """The customers of a configuration; every row set aside is counted and said aloud."""
    if isinstance(config, SubscriptionConfig):
        logger.info("reading %s", config.data.customers)
        subscriptions = read_subscribers(config.data)
        logger.info("%s", format_counts(subscriptions.counts, MEANINGS))
        return subscriptions
    logger.info("reading %s", config.data.transactions)
    log = read_transactions(config.data)
    logger.info("%s", format_counts(log.counts))
    return log


def moment(text: str | None, source: Source) -> datetime:
    """The moment asked for, or the end of what is known."""
    end = "log's" if isinstance(source, TransactionLog) else "table's"
    as_of = parse_as_of(text, source.timezone) if text else source.end
    logger.info("as_of %s%s", as_of.isoformat(), "" if text else f" (the {end} end)")
    if as_of > source.end:
        logger.warning("as_of lies after the %s end %s", end, source.end.isoformat())
    return as_of


def features_as_of(source: Source, as_of: datetime, bundle: Bundle) -> pd.DataFrame:
    """The feature table that the bundle reads. Raises DataError where nobody is in it."""
    if isinstance(source, SubscriberTable):
        features = subscription_table.build_features(source, as_of)
        if features.empty:
            raise DataError(
                f"nobody has a contract as of {as_of.isoformat()}; choose another as_of"
            )
        if lost := [name for name in bundle.names if name not in features]:
            raise DataError(
                f"the model reads {', '.join(lost)}, which data.attributes does not name; add it, "
                "or train a model on this configuration"
            )
        return features
    optional = bundle.card.optional if isinstance(bundle, PurchaseBundle) else ()
    features = table.build_features(source.lines, as_of, optional=optional)
    if features.empty:
        raise DataError(
            f"no customer has a purchase before as_of {as_of.isoformat()}: the log begins at "
            f"{source.first.isoformat()}, choose a later as_of"
        )
    return features
