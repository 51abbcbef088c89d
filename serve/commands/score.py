"""Batch scoring: every customer of a data set, through the same model as the service."""

from __future__ import annotations

import logging
import os
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from features.atomic_file import check_out, is_same, write_atomically
from features.command_line import databases
from features.config.read import read_config
from features.csv_text import csv_line
from features.dataset import (
    Dataset,
    as_of_or_end,
    features_as_of,
    files_read,
    kept_lines,
    read_dataset,
)
from models import bundle as bundles
from models.bundle import Bundle
from models.predictor_interface import UnboundedValueError
from models.purchases.bundle import PurchaseBundle
from models.score_rows import Terms, predict_batch, score_rows
from models.subscriptions.bundle import SubscriptionBundle
from serve.errors import ServeError
from serve.model.live import load
from serve.model.loaded import LoadedModel
from serve.scoring.compatibility import (
    as_trained,
    check_as_of,
    check_attributes,
    check_compatibility,
)
from serve.scoring.publish_scores import batch_origin, open_store, publish_batch
from serve.scoring.summary import log_summary, summarize
from serve.settings import read_settings
from serve.store.address import read_address
from serve.store.batch import Content
from serve.store.lookups import previous_tiers

logger = logging.getLogger(__name__)

LINES_AT_ONCE = 20_000


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Texts are as `features.csv_text` has them; a Parquet file has them as they are."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(map(str, frame)) + "\n")
        for start in range(0, len(frame), LINES_AT_ONCE):
            part = frame.iloc[start : start + LINES_AT_ONCE].astype("object")
            rows = part.where(part.notna(), None).itertuples(index=False, name=None)
            file.writelines(map(csv_line, rows))


WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".parquet": lambda frame, path: frame.to_parquet(path, index=False),
    ".csv": _write_csv,
}


def score(arguments: Namespace) -> dict[str, Any]:
    """Write one row per customer who has bought, or subscribes, by as_of; the JSON result.

    They go to a file, to the score store, or to both: to all of them or to none.

    Raises ServeError, ConfigError or DataError for what cannot be used.
    """
    _check_flags(arguments)
    config = read_config(arguments.config)
    _check_outputs(arguments, files_read(arguments.config, config))
    horizon_days = arguments.horizon_days or config.problem.horizon_days
    store = open_store(arguments.store) if arguments.store else None
    model = _load(arguments.model)
    check_compatibility(config, model.bundle, arguments.config)
    config = as_trained(config, model.bundle, arguments.config)
    dataset = read_dataset(config, strict=arguments.strict, kept_in=kept_lines())
    as_of = _as_of(arguments.as_of, dataset)
    check_as_of(as_of, model.bundle.card)

    features = _features(dataset, as_of, model.bundle)
    terms = Terms(as_of, horizon_days, config.economics)
    try:
        predictions = predict_batch(
            model.bundle,
            features,
            terms,
            tiers=config.tiers,
            previous=previous_tiers(store) if store else None,
        )
    except UnboundedValueError as error:
        raise ServeError(f"{arguments.config}: {error}") from None
    scores = score_rows(model.bundle, predictions, terms, version=model.version)
    result = summarize(scores, model, dataset)
    written = features.reset_index()
    written.insert(1, "as_of", as_of)
    with _files(arguments, scores, written):
        if store is not None:
            origin = batch_origin(config, model, dataset, as_of=as_of, horizon_days=horizon_days)
            content = Content(predictions, _read_by(model.bundle, features))
            result["store"] = publish_batch(
                store, origin, content, totals=result, keep=arguments.keep
            )
    if arguments.out:
        result["out"] = str(arguments.out)
    log_summary(result)
    return result


def _check_flags(arguments: Namespace) -> None:
    out = arguments.out
    if not out and not arguments.store:
        raise ServeError("nowhere to write the scores to: give --out, --store, or both")
    if out and out.suffix not in WRITERS:
        raise ServeError(f"--out must end in {' or '.join(WRITERS)}, got {out}")
    if out and arguments.features_out and is_same(out, arguments.features_out):
        raise ServeError(f"--features-out must be another file than --out, got {out} for both")


def _check_outputs(arguments: Namespace, inputs: list[Path]) -> None:
    """Raises before the work where an output cannot be written, or would destroy something."""
    inputs = [*inputs, *bundles.files_of(arguments.model)]
    store = read_address(arguments.store).path if arguments.store else None
    outputs = {"--out": arguments.out, "--features-out": arguments.features_out}
    for flag, out in outputs.items():
        if out:
            check_out(out, inputs=[*inputs, *databases(), *([store] if store else [])], flag=flag)
    if store and any(is_same(store, each) for each in inputs):
        raise ServeError(f"{store}: is read by this command; choose another --store")


def _load(address: str | None) -> LoadedModel:
    environment = dict(os.environ)
    if address:
        environment["PERENNIAL_MODEL"] = address
    settings = read_settings(environment)
    logger.info("loading %s", settings.model)
    model = load(settings)
    card = model.bundle.card
    logger.info("%s version %s, trained as of %s", model.name, model.version, card.trained_as_of)
    return model


def _as_of(text: str | None, dataset: Dataset) -> datetime:
    """The time asked for, or the end of what is known."""
    as_of = as_of_or_end(text, dataset)
    source = "" if text else f" (the {dataset.noun}'s end)"
    logger.info("as_of %s%s", as_of.isoformat(), source)
    if as_of > dataset.end:
        end = dataset.end.isoformat()
        logger.warning("as_of lies after the %s's end %s", dataset.noun, end)
    return as_of


def _read_by(bundle: Bundle, features: pd.DataFrame) -> pd.DataFrame:
    """What is stored beside the scores: of purchases the features that the model reads.

    An earlier model's batch is then the same, whatever features were added since.
    """
    return features[list(bundle.names)] if isinstance(bundle, PurchaseBundle) else features


def _features(dataset: Dataset, as_of: datetime, bundle: Bundle) -> pd.DataFrame:
    """The feature table that the bundle reads. Raises DataError where nobody is in it."""
    optional = bundle.card.optional if isinstance(bundle, PurchaseBundle) else None
    features = features_as_of(dataset, as_of, optional=optional)
    if isinstance(bundle, SubscriptionBundle):
        check_attributes(features, bundle)
    return features


@contextmanager
def _files(arguments: Namespace, scores: pd.DataFrame, features: pd.DataFrame) -> Iterator[None]:
    """The files that were asked for; they appear when the block ends well, and only then."""
    with ExitStack() as stack:
        if arguments.out:
            path = stack.enter_context(write_atomically(arguments.out))
            WRITERS[arguments.out.suffix](scores, path)
        if arguments.features_out:
            # as `python -m features build` writes it, whatever it is called
            path = stack.enter_context(
                write_atomically(arguments.features_out, flag="--features-out")
            )
            WRITERS[".parquet"](features, path)
        yield
