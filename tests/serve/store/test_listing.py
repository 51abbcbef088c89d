"""Pages of the current batch, against the same made with pandas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.customer_values import VALUE_COLUMNS
from serve.api.query import ListQuery
from serve.errors import ServeError
from serve.store import publish as store
from serve.store.batch import Content
from serve.store.database import Database
from serve.store.listing import read_page

IDS = ["a_1", "a%1", "A_1", "a/1", "ab1", "b\\1", "é", "É", "z'z", *(f"n{n}" for n in range(31))]


def scores() -> Content:
    """Ties, nulls, and ids that hold LIKE's signs."""
    rng = np.random.default_rng(5)
    ids = pd.Index(IDS, name="customer_id", dtype="str")
    predictions = pd.DataFrame(index=ids)
    for name in ("clv", "p_churn", "clv_high"):
        predictions[name] = rng.choice([-1.5, 0.0, 2.0, 7.25, np.nan], len(ids))
    predictions["basis"] = rng.choice(["model", "prior"], len(ids))
    predictions["tier"] = pd.array(rng.choice(["Gold", "Silver"], len(ids)), dtype="str")
    predictions.loc[predictions["clv"].isna(), "tier"] = None
    predictions["warnings"] = [[] for _ in ids]
    return Content(predictions, pd.DataFrame({"recency_days": rng.random(len(ids))}, index=ids))


@pytest.fixture
def filled(database: Database, reader: Database, maker: Any) -> Database:
    other = scores()
    store.publish(database, maker.origin("1"), other, totals={})
    other = Content(other.predictions.assign(clv=1.0), other.features)
    store.publish(database, maker.origin("2"), other, totals={})
    store.publish(database, maker.origin("1"), scores(), totals={})
    return reader


def ids(database: Database, **query: Any) -> list[str]:
    page = read_page(database, ListQuery(**{"limit": 1000, **query}))
    found = [each.customer_id for each in page.scores]
    assert page.total == len(found)
    return found


def sorted_by(name: str, descending: bool) -> list[str]:
    frame = scores().predictions.reset_index()
    missing = frame[name].isna()
    if name in {"tier", "basis"}:
        frame[name] = frame[name].map({"Gold": 0, "Silver": 1, "model": 0, "prior": 1})
    key = frame[name] * (-1 if descending else 1)
    order = np.lexsort([frame["customer_id"].map(lambda each: each.encode()), key, missing])
    return list(frame["customer_id"].iloc[order])


def test_sorting_puts_the_unknown_last_and_ties_by_id(filled: Database) -> None:
    for name in ("clv", "p_churn", "clv_high", "tier", "basis"):
        for descending in (True, False):
            found = ids(filled, sort=name, descending=descending)
            assert found == sorted_by(name, descending), (name, descending)
    assert ids(filled, sort="customer_id", descending=True) == sorted(IDS, reverse=True)
    assert ids(filled, sort="clv_total") == sorted(IDS), "a column that the batch does not have"


def test_filters_hold_together(filled: Database) -> None:
    frame = scores().predictions
    for query, expected in [
        ({"tier": "Gold"}, frame["tier"] == "Gold"),
        ({"basis": "prior"}, frame["basis"] == "prior"),
        ({"tier": "gold"}, frame["clv"] > 1e9),
        ({"bounds": {"clv": (0, None)}}, frame["clv"] >= 0),
        ({"bounds": {"clv": (None, 2.0), "p_churn": (0.0, 2)}}, (frame["clv"] <= 2)
         & frame["p_churn"].between(0, 2)),
        ({"tier": "Silver", "search": "n", "bounds": {"clv": (2, 2)}}, (frame["clv"] == 2)
         & (frame["tier"] == "Silver") & frame.index.str.startswith("n")),
    ]:  # fmt: skip
        assert sorted(ids(filled, **query)) == sorted(frame.index[expected]), query


def test_searching_takes_every_sign_for_itself(filled: Database) -> None:
    for query, expected in [
        ({"search": "_"}, ["A_1", "a_1"]),
        ({"search": "%"}, ["a%1"]),
        ({"search": "/"}, ["a/1"]),
        ({"search": "\\"}, ["b\\1"]),
        ({"search": "A"}, ["A_1", "a%1", "a/1", "a_1", "ab1"]),
        ({"search": "'"}, ["z'z"]),
        ({"search": "é"}, ["é"]),
        ({"prefix": "a"}, ["a%1", "a/1", "a_1", "ab1"]),
        ({"prefix": "a_"}, ["a_1"]),
        ({"prefix": "A"}, ["A_1"]),
        ({"prefix": "É"}, ["É"]),
        ({"prefix": "n3", "search": "0"}, ["n30"]),
    ]:
        assert ids(filled, sort="customer_id", descending=False, **query) == expected, query


def test_all_pages_are_the_whole_list(filled: Database) -> None:
    pages = [read_page(filled, ListQuery(limit=7, offset=start)) for start in range(0, 49, 7)]
    assert {page.total for page in pages} == {len(IDS)}
    found = [each.customer_id for page in pages for each in page.scores]
    assert found == ids(filled)
    assert pages[0].scores[0].prediction["clv"] == 7.25
    assert list(pages[0].scores[0].prediction) == list(scores().predictions)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"sort": "batch; DROP TABLE scores"}, "sort must be one of customer_id, p_churn"),
        ({"sort": "features"}, "sort must be one of"),
        ({"bounds": {"tier": (0, 1)}}, f"bounds must be on one of {', '.join(VALUE_COLUMNS)}"),
        ({"limit": 0}, "limit must be 1 to 1,000, got 0"),
        ({"limit": 1001}, "limit must be 1 to 1,000"),
        ({"offset": -1}, "offset must be 0 to 1,000,000,000, got -1"),
        ({"offset": 10**30}, "offset must be 0 to"),
        ({"search": "a\0b"}, "search must be a valid text"),
        ({"tier": "\ud800"}, "tier must be a valid text"),
    ],
)
def test_what_cannot_be_asked_is_refused(query: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ServeError, match=sentence.replace("(", r"\(")) as caught:
        read_page(Database("sqlite:///nowhere.db"), ListQuery(**query))
    assert caught.value.status == 400
