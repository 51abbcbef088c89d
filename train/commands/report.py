"""The command `report`: a registered model's customers and their value as one HTML file."""

from __future__ import annotations

import logging
from argparse import Namespace
from pathlib import Path
from typing import Any

import pandas as pd

from features.atomic_file import check_out, write_atomically
from features.command_line import databases
from features.config.read import AnyConfig, read_config
from features.config.subscriptions import SubscriptionConfig
from features.csv_text import restore
from features.dataset import files_read
from features.errors import DataError
from features.timestamps import parse_as_of
from models.bundle import Bundle, files_of
from models.predictor_interface import UnboundedValueError
from train.progress import bar
from train.read_task import task_of
from train.report.build import Facts, build, steps
from train.report.facts.countries import read_countries
from train.report.facts.shared import EarlierTiers
from train.report.run_report import HOLDOUT, facts_of, read_holdout
from train.tracking.registry import fetch

logger = logging.getLogger(__name__)
CHAMPION = "models:/clv@champion"
TEXTS_OF_SCORES = ("customer_id", "as_of", "tier")
# What a damaged Parquet file makes its reader raise, the metadata of pandas inside it included.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, NotImplementedError, OverflowError)
KINDS = {"purchases": "purchases", "contract": "subscriptions"}


def report(arguments: Namespace) -> dict[str, Any]:
    """Write the report of a registered model over the data; return the JSON result.

    Raises ConfigError, DataError or ConnectionError for what cannot be used.
    """
    config = read_config(arguments.config)
    _check_out(arguments, config)
    fetched = fetch(arguments.model or CHAMPION, document=f"{HOLDOUT}.json")
    bundle = fetched.bundle
    require_same_kind(bundle, config)
    task = task_of(config, arguments)
    timezone, path = config.data.timezone, arguments.previous
    countries = None
    if not isinstance(config, SubscriptionConfig):
        countries = read_countries(config.data, before=task.as_of)
    facts = facts_of(
        bundle,
        task,
        read_holdout(bundle, fetched.document),
        version=fetched.version,
        previous=read_tiers(path, timezone) if path else None,
        countries=countries,
    )
    try:
        with bar("report", steps(facts)) as step:
            page = build(facts, step=step)
    except UnboundedValueError as error:
        raise DataError(str(error)) from None
    with write_atomically(arguments.out) as file:
        file.write_text(page, encoding="utf-8")
    logger.info("wrote %s: open it in a browser", arguments.out)
    return _result(facts, arguments.out)


def _check_out(arguments: Namespace, config: AnyConfig) -> None:
    """Raises DataError before the work where the report could not be written."""
    inputs = [*files_read(arguments.config, config), *databases()]
    inputs += files_of(arguments.model)
    inputs += [arguments.previous] if arguments.previous else []
    check_out(arguments.out, inputs=inputs)


def require_same_kind(bundle: Bundle, config: AnyConfig) -> None:
    """Raises DataError where model and data differ in kind or in currency."""
    kind, other = KINDS[bundle.relationship], KINDS[config.problem.relationship]
    if kind != other:
        raise DataError(
            f"the model is one of {kind}, and the configuration one of {other}; give another "
            "--model or --config"
        )
    if config.data.currency != bundle.card.currency:
        raise DataError(
            f"data.currency is {config.data.currency}, the model answers in "
            f"{bundle.card.currency}; give another --config or --model"
        )


def read_tiers(path: Path, timezone: str) -> EarlierTiers:
    """The tiers of an earlier batch, a file of `python -m serve score`."""
    columns = [*TEXTS_OF_SCORES, "clv"]
    try:
        scores = _read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    except UNREADABLE as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path}: cannot be read as scores: {reason}") from None
    if missing := [name for name in columns if name not in scores] or (
        ["rows"] if scores.empty else []
    ):
        raise DataError(
            f"{path}: holds no {', '.join(missing)}; give a file that python -m serve score wrote"
        )
    scores["customer_id"] = scores["customer_id"].astype("str")
    scores["tier"] = scores["tier"].astype("str")
    scores["clv"] = pd.to_numeric(scores["clv"], errors="coerce")
    if scores["customer_id"].duplicated().any():
        raise DataError(
            f"{path}: names a customer twice; give a file that python -m serve score wrote"
        )
    try:
        as_of = parse_as_of(str(scores["as_of"].iloc[0]), timezone)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    return EarlierTiers(as_of=as_of, customers=scores.set_index("customer_id")[["tier", "clv"]])


def _read_csv(path: Path) -> pd.DataFrame:
    """A file of scores; an id such as 007 or NA is a text, and as it was before it was written."""
    texts = dict.fromkeys(TEXTS_OF_SCORES, "str")
    scores = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values={"clv": [""]})
    for name in scores.columns.intersection(list(texts)):
        scores[name] = scores[name].map(restore)
    if "tier" in scores:
        scores["tier"] = scores["tier"].mask(scores["tier"] == "")
    return scores


def _result(facts: Facts, out: Path) -> dict[str, Any]:
    whole, inputs = facts.whole, facts.inputs
    return {
        "as_of": inputs.as_of.isoformat(),
        "horizon_days": inputs.horizon_days,
        "customers": whole.customers,
        "currency": inputs.bundle.card.currency,
        "version": inputs.version,
        "expected_revenue": whole.revenue,
        "clv": whole.clv,
        "out": str(out),
    }
