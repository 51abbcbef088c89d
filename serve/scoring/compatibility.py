"""Whether a configuration and a data set suit a model: what is refused, and what is warned of."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

import pandas as pd

from features.config.purchases import PurchaseConfig
from features.config.read import AnyConfig
from features.errors import DataError
from models.bundle import Bundle, Card
from models.purchases.card import PurchaseCard
from models.score_rows import before_the_model
from models.subscriptions.bundle import SubscriptionBundle
from serve.errors import ServeError

logger = logging.getLogger(__name__)

POLICIES = ("refunds", "guests", "duplicates", "departures")


def check_compatibility(config: AnyConfig, bundle: Bundle, path: Path) -> None:
    """Refuse another kind of customers, or currency; warn of what else differs from the model."""
    card, relationship = bundle.card, config.problem.relationship
    if relationship != bundle.relationship:
        raise ServeError(
            f"{path}: problem.relationship is {relationship}, but the model has learnt from "
            f"{bundle.relationship}: train a model on this configuration, choose another --model, "
            "or another store by PERENNIAL_VAR"
        )
    if config.data.currency != card.currency:
        raise ServeError(
            f"{path}: data.currency is {config.data.currency}, but the model was trained on "
            f"{card.currency}: train a model on this log, or choose another --model"
        )
    if config.data.timezone != card.timezone:
        logger.warning(
            "%s: data.timezone is %s, the model's is %s: local days are those of the configuration",
            path,
            config.data.timezone,
            card.timezone,
        )
    _compare_policies(config, card, path)
    if config.economics != card.economics:
        logger.warning("%s: [economics] differs from the model's and is used in its place", path)


def as_trained(config: AnyConfig, bundle: Bundle, path: Path) -> AnyConfig:
    """The configuration, with refunds matched as in the log that the model has learnt from.

    Else a customer would have other numbers in a batch than at the endpoints.
    """
    if not isinstance(bundle.card, PurchaseCard) or not isinstance(config, PurchaseConfig):
        return config
    theirs = "match" if bundle.card.matches_refunds else "none"
    if config.data.refund_matching == theirs:
        return config
    if "refund_matching" in config.data.model_fields_set:
        logger.warning('%s: data.refund_matching is "%s" for this model', path, theirs)
    data = config.data.model_copy(update={"refund_matching": theirs})
    return config.model_copy(update={"data": data})


def check_as_of(as_of: datetime, card: Card) -> None:
    """Warn that a model has seen days that the customers of `as_of` have not lived yet."""
    for sentence in before_the_model(as_of, card):
        logger.warning("%s", sentence)


def check_attributes(features: pd.DataFrame, bundle: SubscriptionBundle) -> None:
    """Raises DataError where the table of subscribers lacks an attribute that the model reads."""
    if lost := [name for name in bundle.names if name not in features]:
        raise DataError(
            f"the model reads {', '.join(lost)}, which data.attributes does not name; add it, "
            "or train a model on this configuration"
        )


def _compare_policies(config: AnyConfig, card: Card, path: Path) -> None:
    learnt = card.training.settings.get("data", {})
    for name in POLICIES:
        ours, theirs = getattr(config.data, name, None), learnt.get(name)
        if theirs is not None and ours != theirs:
            logger.warning(
                '%s: data.%s is "%s", the model was trained with "%s": rows are counted '
                "differently from what it learnt; train a model on this configuration",
                path,
                name,
                ours,
                theirs,
            )
