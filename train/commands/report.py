"""The command `report`, and the report that each training leaves with its run."""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel

from features.atomic_file import write_atomically
from features.config.purchases import PurchaseConfig
from features.config.read import read_purchase_config
from features.errors import DataError
from features.ingest.transactions import read_transactions
from features.timestamps import parse_as_of
from models.bundle import Bundle
from models.purchases.bundle import PurchaseBundle
from train.progress import Step, bar
from train.purchases.snapshot_cache import PurchaseSnapshots, truncate
from train.purchases.train import TrainedPurchases
from train.report.build import STEPS, write
from train.report.facts.countries import read_countries
from train.report.facts.holdout import Judged, judged
from train.report.facts.purchases import Subject, gather
from train.report.facts.shared import Earlier, Told
from train.tracking import runs as tracking
from train.tracking.fetch import fetch

logger = logging.getLogger(__name__)
CHAMPION = "models:/clv@champion"
JUDGED, REPORT = "judged", "report.html"


def report(arguments: Namespace) -> dict[str, Any]:
    """Write the report of a registered model over the log; return the JSON result.

    Raises ConfigError, DataError or ConnectionError for what cannot be used.
    """
    config = read_purchase_config(arguments.config)
    with bar("report", STEPS + 3) as step:
        kept = fetch(arguments.model or CHAMPION, document=f"{JUDGED}.json")
        bundle = _of_purchases(kept.bundle, config)
        step("model")
        log = read_transactions(config.data)
        as_of = parse_as_of(arguments.as_of, log.timezone) if arguments.as_of else log.end
        step("log")
        countries = read_countries(config.data, before=as_of)
        step("countries")
        subject = Subject(
            bundle=bundle,
            config=config,
            history=PurchaseSnapshots(truncate(log, as_of)),
            as_of=as_of,
            horizon_days=arguments.horizon_days or config.problem.horizon_days,
            judged=Judged.model_validate_json(kept.document) if kept.document else None,
            version=kept.version,
            previous=previous(arguments.previous, log.timezone) if arguments.previous else None,
            countries=countries,
        )
        facts = gather(subject)
        page = write(facts, step=step)
    return save(page, facts, arguments.out)


def leave(trained: TrainedPurchases, config: PurchaseConfig, history: PurchaseSnapshots) -> None:
    """Attach the report to the open run, with customers numbered: a run names nobody."""
    card = trained.bundle.card
    seen = judged(trained.holdout) if trained.holdout else None
    subject = Subject(
        bundle=trained.bundle,
        config=config,
        history=history,
        as_of=card.trained_as_of,
        horizon_days=card.horizon_days,
        judged=seen,
        named=False,
    )
    attach(lambda step: write(gather(subject), step=step), STEPS, seen)


def attach(written: Callable[[Step], str], steps: int, seen: BaseModel | None) -> None:
    """Leave a page, and what the model showed, with the open run.

    A training does not fail for a page that cannot be written; what went wrong goes to the log.
    """
    documents = {JUDGED: seen.model_dump(mode="json")} if seen else {}
    texts = {}
    try:
        with bar("report", steps) as step:
            texts = {REPORT: written(step)}
    except Exception:
        logger.exception("the run has no report: the page could not be written")
    tracking.leave(tracking.Record(texts=texts, documents=documents))


def save(page: str, facts: Told, out: Path) -> dict[str, Any]:
    """Write a page; return what the command says of it."""
    with write_atomically(out) as path:
        path.write_text(page, encoding="utf-8")
    logger.info("wrote %s: open it in a browser", out)
    return _result(facts, out)


def require_currency(bundle: Bundle, currency: str) -> None:
    """Raises DataError where the data are in another currency than the model's answers."""
    if currency != bundle.card.currency:
        raise DataError(
            f"data.currency is {currency}, the model answers in {bundle.card.currency}; give "
            "another --config or --model"
        )


def _of_purchases(bundle: Bundle, config: PurchaseConfig) -> PurchaseBundle:
    if not isinstance(bundle, PurchaseBundle):
        raise DataError(
            "the model is one of contracts, and the configuration one of purchases; give another "
            "--model or --config"
        )
    require_currency(bundle, config.data.currency)
    return bundle


def previous(path: Path, timezone: str) -> Earlier:
    """The tiers of an earlier batch, a file of `python -m serve score`."""
    wanted = ["customer_id", "as_of", "tier", "clv"]
    try:
        read = pd.read_csv if path.suffix == ".csv" else pd.read_parquet
        found = read(path)
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path}: cannot be read as scores: {reason}") from None
    if missing := [name for name in wanted if name not in found] or (
        ["rows"] if found.empty else []
    ):
        raise DataError(
            f"{path}: holds no {', '.join(missing)}; give a file that python -m serve score wrote"
        )
    found["customer_id"] = found["customer_id"].astype("str")
    moment: datetime = parse_as_of(str(found["as_of"].iloc[0]), timezone)
    return Earlier(as_of=moment, names=found.set_index("customer_id")[["tier", "clv"]])


def _result(facts: Told, out: Path) -> dict[str, Any]:
    whole, subject = facts.whole, facts.subject
    return {
        "as_of": subject.as_of.isoformat(),
        "horizon_days": subject.horizon_days,
        "customers": whole.customers,
        "currency": subject.bundle.card.currency,
        "version": subject.version,
        "expected_revenue": whole.revenue,
        "clv": whole.clv,
        "out": str(out),
    }
