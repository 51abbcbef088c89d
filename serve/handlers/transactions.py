"""The transactions of a request -> features that the model reads, and notes for their sender."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

import pandas as pd

from features.compiled.single_customer import Row, customer_features, customer_lines
from features.errors import DataError
from features.ingest.canonical import canonical_lines
from features.purchases import table
from features.timestamps import next_midnight, parse_as_of, require_aware, utc_microseconds
from models.design_matrix import Cell, Values, numbers_of_rows
from models.purchases.bundle import PurchaseBundle
from models.purchases.card import PurchaseCard
from serve.api.requests import FUTURE_AS_OF, Customer, PredictRequest
from serve.api.source_words import null_words, refuse_null_words
from serve.errors import ServeError
from serve.handlers.prediction_query import CustomerFeatures, feature_table

OPTIONAL = ("order_id", "category", "channel")
FAST_PATH_LINES = 5_000


def read_features(
    request: PredictRequest, bundle: PurchaseBundle, *, now: datetime | None = None
) -> CustomerFeatures:
    """Features of each customer of the request, in its order; all unknown without a purchase.

    now  what the clock shows, to warn of an as_of that is inferred from the future

    Few transactions take the compiled fast path, many the database engine: the same numbers.
    Raises ServeError for a request without an as_of, DataError where the policies that the
    model was trained with admit no such transactions.
    """
    card = bundle.card
    ids = [customer.customer_id for customer in request.customers]
    refuse_null_words(ids, "customers", bundle)
    words = null_words(bundle)
    histories = [_history(customer, card, words) for customer in request.customers]
    as_of = _as_of(request, histories, card.timezone)
    notes = _notes(ids, histories, as_of, card)
    if request.as_of is None and now is not None:
        notes = _with_future(notes, ids, histories, now)
    admitted = [_apply_policies(history, card) for history in histories]
    if sum(map(len, admitted)) <= FAST_PATH_LINES:
        matrix, table = _fast_path(ids, admitted, as_of, bundle)
        return CustomerFeatures(ids=ids, matrix=matrix, table=table, as_of=as_of, notes=notes)
    features = _by_engine(ids, admitted, as_of, bundle)
    return CustomerFeatures(
        ids=ids,
        matrix=bundle.feature_matrix(features),
        table=lambda: features,
        as_of=as_of,
        notes=notes,
    )


def _history(customer: Customer, card: PurchaseCard, words: frozenset[str]) -> list[Row]:
    """The transactions in the words of the model's data: null words mean nothing."""
    lower = card.training.settings["data"].get("id_case") == "lower"

    def known(text: str | None) -> str | None:
        return None if text in words else text

    return [
        (
            utc_microseconds(each.timestamp, card.timezone),
            known(each.order_id.lower() if lower and each.order_id else each.order_id),
            each.amount,
            known(each.category),
            known(each.channel),
        )
        for each in customer.transactions
    ]


def _apply_policies(history: list[Row], card: PurchaseCard) -> list[Row]:
    """The transactions after the policies that the training log was read with, see
    `features.ingest.policies`. Raises DataError where one admits none and there is one."""
    data: dict[str, Any] = card.training.settings["data"]
    if data["duplicates"] == "drop":
        history = list(dict.fromkeys(history))
    if data["refunds"] == "net" or all(row[2] >= 0 for row in history):
        return history
    if data["refunds"] == "error":
        raise DataError(
            f"transactions: {sum(row[2] < 0 for row in history)} are refunds (amount below zero), "
            "and the model was trained on a log without any: leave them out"
        )
    return [row for row in history if row[2] >= 0]


def _fast_path(
    ids: list[str], histories: Sequence[list[Row]], as_of: datetime, bundle: PurchaseBundle
) -> tuple[Values, partial[pd.DataFrame]]:
    as_of_us, card = require_aware(as_of), bundle.card
    unknown: list[Cell] = [None] * len(bundle.names)
    places = _places(card.optional, bundle.names)
    cells: list[list[Cell]] = []
    for history in histories:
        found = customer_features(customer_lines(history, card.timezone), as_of_us, card.optional)
        cells.append(unknown if found is None else [found[place] for place in places])
    matrix = numbers_of_rows(cells, bundle.names, card.levels)
    return matrix, partial(feature_table, ids, cells, bundle.names)


def _by_engine(
    ids: list[str], histories: Sequence[list[Row]], as_of: datetime, bundle: PurchaseBundle
) -> pd.DataFrame:
    card = bundle.card
    rows = [
        (customer_id, *row) for customer_id, own in zip(ids, histories, strict=True) for row in own
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "us", "order_id", "amount", *OPTIONAL[1:]])
    texts = {name: frame[name].astype("str") for name in ("customer_id", *OPTIONAL)}
    timestamps = pd.to_datetime(frame["us"], unit="us", utc=True).dt.as_unit("us")
    lines = canonical_lines(frame.assign(timestamp=timestamps, **texts), card.timezone)
    return table.build_features(lines, as_of, optional=card.optional).reindex(ids)


@lru_cache(maxsize=16)
def _places(optional: tuple[str, ...], names: tuple[str, ...]) -> list[int]:
    own = [each.name for each in table.expressions(optional)]
    return [own.index(name) for name in names]


def _as_of(request: PredictRequest, histories: Sequence[list[Row]], timezone: str) -> datetime:
    if request.as_of is not None:
        return parse_as_of(request.as_of, timezone)
    latest = max((row[0] for history in histories for row in history), default=None)
    if latest is None:
        raise ServeError("as_of is missing, and no transaction shows what it could be: give as_of")
    (line,) = customer_lines([(latest, None, 0.0, None, None)], timezone)
    return next_midnight(line.local_us, timezone)


def _notes(
    ids: list[str], histories: Sequence[list[Row]], as_of: datetime, card: PurchaseCard
) -> dict[str, list[str]]:
    """customer id -> sentences: which transactions are not used, what they lack."""
    as_of_us, data = require_aware(as_of), card.training.settings["data"]
    unnamed = [
        f"the model reads a {name}, but no transaction of the request names one"
        for name, place in (("category", 3), ("channel", 4))
        if name in card.optional
        and not any(row[place] is not None for history in histories for row in history)
    ]
    found: dict[str, list[str]] = {}
    for customer_id, history in zip(ids, histories, strict=True):
        later = sum(row[0] >= as_of_us for row in history)
        notes = [f"transactions at or after as_of are not used: {later}"] if later else []
        if data["duplicates"] == "drop" and len(set(history)) < len(history):
            notes.append(f"exact copies are not used: {len(history) - len(set(history))}")
        if data["refunds"] == "drop" and any(row[2] < 0 for row in history):
            notes.append("refunds are not used: the model was trained without them")
        notes += unnamed if history else []
        if notes:
            found[customer_id] = notes
    return found


def _with_future(
    notes: dict[str, list[str]], ids: list[str], histories: Sequence[list[Row]], now: datetime
) -> dict[str, list[str]]:
    """The notes, and for every customer that as_of was taken from a transaction yet to come."""
    now_us = require_aware(now)
    if not any(row[0] > now_us for history in histories for row in history):
        return notes
    return {each: [*notes.get(each, []), FUTURE_AS_OF] for each in ids}
