"""A live model of another kind than the stored batch: no number is better than a wrong one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, event

from serve.errors import ServeError
from serve.handlers.lookup import lookup_customer, lookup_customers
from serve.model.live import load
from serve.model.loaded import LoadedModel
from serve.settings import Settings
from serve.store import publish as store_scores
from serve.store.batch import BatchOrigin, Content
from serve.store.database import Database
from serve.store.lookups import lookup

Stored = Callable[..., Database]
WHAT_IF = json.dumps({"customer_ids": ["00111"], "horizon_days": 30}).encode()
PLAIN = json.dumps({"customer_ids": ["00111"]}).encode()


@pytest.fixture(scope="module")
def model(trained: Any) -> LoadedModel:
    return load(Settings(model=str(trained.folder), tracking_uri="none", poll_seconds=0))


@pytest.fixture
def stored(tmp_path: Path, model: LoadedModel, table: pd.DataFrame) -> Iterator[Stored]:
    """Publishes one customer, of a batch that differs from the live model as told."""
    card, made = model.bundle.card, []

    def publish(features: pd.DataFrame | None = None, **differs: Any) -> Database:
        origin = BatchOrigin(
            **{
                "model_name": "clv",
                "model_version": "1",
                "card_sha256": "",
                "trained_as_of": card.trained_as_of,
                "as_of": card.trained_as_of,
                "horizon_days": card.horizon_days,
                "currency": card.currency,
                "timezone": card.timezone,
                "economics": card.economics.model_dump(),
                "data_sha256": "",
                "options": {},
                **differs,
            }
        )
        row = table.loc[["00111"]] if features is None else features
        predictions = pd.DataFrame({"clv": 12.5, "basis": "model"}, index=row.index)
        predictions["warnings"] = [[]]
        made.append(Database(f"sqlite:///{tmp_path / 'scores.db'}", writes=True))
        store_scores.publish(made[-1], origin, Content(predictions, row), totals={})
        return made[-1]

    yield publish
    for each in made:
        each.close()


def refusal(model: LoadedModel, database: Database) -> str:
    """The sentence of what cannot be predicted anew; what was stored still comes back."""
    assert json.loads(lookup_customers(model, database, PLAIN))["predictions"][0]["clv"] == 12.5
    with pytest.raises(ServeError) as refused:
        lookup_customers(model, database, WHAT_IF)
    with pytest.raises(ServeError) as alone:
        lookup_customer(model, database, "00111", "horizon_days=30")
    assert (refused.value.status, str(alone.value)) == (503, str(refused.value))
    assert str(refused.value).endswith(
        "score the customers again, or ask without options for what was stored"
    )
    return str(refused.value)


def test_the_same_kind_is_predicted_anew(model: LoadedModel, stored: Stored) -> None:
    reply = json.loads(lookup_customers(model, stored(), WHAT_IF))
    assert reply["currency"] == model.bundle.card.currency
    assert reply["predictions"][0]["horizon_days"] == 30


def test_money_of_another_currency_is_not_mixed(model: LoadedModel, stored: Stored) -> None:
    database = stored(currency="JPY")
    assert "are in JPY, the live model is of USD" in refusal(model, database)
    assert json.loads(lookup_customers(model, database, PLAIN))["currency"] == "JPY"


def test_features_that_are_not_stored_are_named(
    model: LoadedModel, stored: Stored, table: pd.DataFrame
) -> None:
    few = table.loc[["00111"]].drop(columns=["age_days", "recency_days"])
    sentence = refusal(model, stored(few))
    assert "age_days" in sentence
    assert "it does not have" in sentence


def test_subscribers_are_no_buyers(model: LoadedModel, stored: Stored) -> None:
    index = pd.Index(["00111"], name="customer_id", dtype="str")
    subscriber = pd.DataFrame({"tenure_months": 3, "monthly_amount": 10.0}, index=index)
    assert "the live model reads: " in refusal(model, stored(subscriber))


def test_a_text_is_no_number_though_it_looks_like_one(
    model: LoadedModel, stored: Stored, table: pd.DataFrame
) -> None:
    wrong = table.loc[["00111"]].astype({"age_days": "str"})
    assert "age_days is a text in one and a number in the other" in refusal(model, stored(wrong))


def test_however_many_ids_are_asked_for_it_is_one_statement(
    model: LoadedModel, stored: Stored
) -> None:
    """SQLite's driver keeps what it has prepared: with one for each number, 100 MB and more."""
    database, statements = stored(), set()

    def hear(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        statements.add(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        for number in range(1, 40):
            ids = ["00111", "", "\u2603", "'\"\\"][: 1 + number % 4]
            ids += [f"nobody {each}" for each in range(number)]
            found = lookup(database, ids)
            assert [each.customer_id for each in found.scores] == ["00111"]
            assert found.unknown == ids[1:]
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    assert 1 <= len({each for each in statements if "customer_id" in each}) <= 2


def test_numbers_are_as_of_the_batch(model: LoadedModel, stored: Stored) -> None:
    """Not as of the live model's training, nor today."""
    as_of = pd.Timestamp("1998-03-01", tz="America/New_York").to_pydatetime()
    reply = json.loads(lookup_customers(model, stored(as_of=as_of), WHAT_IF))
    assert reply["as_of"] == "1998-03-01"
