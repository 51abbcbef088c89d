"""Batch scoring: every customer of a log, through the same function as the service."""

from __future__ import annotations

import logging
import os
from argparse import Namespace
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from features import table
from features.config import Config, Data, read_config
from features.contracts import ContractError
from features.log import Log, parse_as_of, read_log
from features.policy import describe
from features.writing import whole_file
from models import clv
from models.card import Card
from serve.current import load
from serve.errors import ServeError
from serve.served import Served
from serve.settings import read_settings

logger = logging.getLogger(__name__)

TOP = 10
WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".parquet": lambda frame, path: frame.to_parquet(path, index=False),
    ".csv": lambda frame, path: frame.to_csv(path, index=False),
}


def score(arguments: Namespace) -> dict[str, Any]:
    """Write one row per customer with a purchase before as_of; return the JSON result.

    Raises ServeError, ConfigError or ContractError for what cannot be used.
    """
    write = _writer(arguments.out)
    config = read_config(arguments.config)
    horizon_days = arguments.horizon_days or config.problem.horizon_days
    served = _load(arguments.model)
    _compare(config, served.bundle.card, arguments.config)
    log = _read(config.data)
    as_of = _as_of(arguments.as_of, log)

    features = table.build(log.lines, as_of, optional=served.bundle.card.optional)
    if features.empty:
        raise ContractError(
            f"no customer has a purchase before as_of {as_of.isoformat()}: the log begins at "
            f"{log.first.isoformat()}, choose a later as_of"
        )
    answers = clv.answer(
        served.bundle,
        features,
        as_of=as_of,
        horizon_days=horizon_days,
        economics=config.economics,
    )
    scores = _scores(answers, served, as_of=as_of, horizon_days=horizon_days)
    with whole_file(arguments.out) as path:
        write(scores, path)
        if arguments.features_out:
            _write_features(features, as_of, Path(arguments.features_out))
    result = _result(scores, served, log)
    _show_top(result, arguments.out)
    return {**result, "out": str(arguments.out)}


def _writer(out: Path) -> Callable[[pd.DataFrame, Path], None]:
    if out.suffix not in WRITERS:
        raise ServeError(f"--out must end in {' or '.join(WRITERS)}, got {out}")
    return WRITERS[out.suffix]


def _load(model: str | None) -> Served:
    environment = dict(os.environ)
    if model:
        environment["PERENNIAL_MODEL"] = model
    settings = read_settings(environment)
    logger.info("loading %s", settings.model)
    served = load(settings)
    card = served.bundle.card
    logger.info("%s version %s, trained as of %s", served.name, served.version, card.trained_as_of)
    return served


def _compare(config: Config, card: Card, path: Path) -> None:
    """Refuse another currency; say aloud what else differs from the model's own."""
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
    if config.economics != card.economics:
        logger.warning("%s: [economics] differs from the model's and is used in its place", path)


def _read(data: Data) -> Log:
    logger.info("reading %s", data.transactions)
    log = read_log(data)
    logger.info("%s", describe(log.counts))
    return log


def _as_of(text: str | None, log: Log) -> datetime:
    as_of = parse_as_of(text, log.timezone) if text else log.end
    logger.info("as_of %s%s", as_of.isoformat(), "" if text else " (the log's end)")
    if as_of > log.end:
        logger.warning("as_of lies after the log's end %s", log.end.isoformat())
    return as_of


def _scores(
    answers: pd.DataFrame, served: Served, *, as_of: datetime, horizon_days: int
) -> pd.DataFrame:
    """The predictions as they are written: one row per customer, what they rest on beside them."""
    scores = answers.reset_index()
    scores.insert(1, "as_of", as_of)
    scores.insert(2, "horizon_days", horizon_days)
    return scores.assign(
        warnings=scores["warnings"].str.join("; "),
        currency=served.bundle.card.currency,
        model_version=served.version,
    )[[*(each for each in scores if each != "warnings"), "currency", "model_version", "warnings"]]


def _write_features(features: pd.DataFrame, as_of: datetime, out: Path) -> None:
    """The feature table in the form of `python -m features build`."""
    written = features.reset_index()
    written.insert(1, "as_of", as_of)
    with whole_file(out) as path:
        written.to_parquet(path, index=False)


def _result(scores: pd.DataFrame, served: Served, log: Log) -> dict[str, Any]:
    revenue, low, high = clv.total_revenue(served.bundle, scores)
    top = scores.nlargest(TOP, "clv")[["customer_id", "clv", "p_churn", "expected_spend"]]
    return {
        "rows": len(scores),
        "as_of": scores["as_of"].iloc[0].isoformat(),
        "horizon_days": int(scores["horizon_days"].iloc[0]),
        "currency": served.bundle.card.currency,
        "model": {
            "name": served.name,
            "version": served.version,
            "run_id": served.run_id,
            "trained_as_of": served.bundle.card.trained_as_of.isoformat(),
        },
        "total_clv": float(scores["clv"].sum()),
        "total_expected_revenue": revenue,
        "total_revenue_low": low,
        "total_revenue_high": high,
        "basis": {
            str(name): int(number) for name, number in scores["basis"].value_counts().items()
        },
        "counts": log.counts,
        "top": top.to_dict("records"),
    }


def _show_top(result: dict[str, Any], out: Path) -> None:
    """A table of the most valuable customers, for the person who waits."""
    currency, days = result["currency"], result["horizon_days"]
    lines = [
        f"the {len(result['top'])} most valuable of {result['rows']:,} customers, "
        f"{days} days from {result['as_of']}, {currency}:",
        f"{'customer':<20} {'clv':>12} {'p_churn':>8} {'expected_spend':>15}",
    ]
    lines += [
        f"{each['customer_id']:<20} {each['clv']:>12,.2f} {each['p_churn']:>8.3f} "
        f"{each['expected_spend']:>15,.2f}"
        for each in result["top"]
    ]
    lines += [
        f"all customers together: clv {result['total_clv']:,.0f}, expected revenue "
        f"{result['total_expected_revenue']:,.0f} (80 % interval "
        f"{result['total_revenue_low']:,.0f} to {result['total_revenue_high']:,.0f})",
        f"wrote {out}",
    ]
    logger.info("%s", "\n".join(lines))
