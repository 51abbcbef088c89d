"""A batch in the store: what goes in comes out, once, and earlier ones stay for a while."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from serve.errors import ServeError
from serve.store import batch as batches
from serve.store import publish as store
from serve.store.batch import Content
from serve.store.database import Database
from serve.store.lookups import current_batch, history, lookup

NUMBERS = [0.1 + 0.2, 1 / 3, 1e-308, 5e-324, 1.7976931348623157e308, -0.0, -1e-9, 123456.78]
HOSTILE = ["", " ", "007", "C", "c", "é😀", "a\tb", "a\nb", "a\\b", "\\N", "'; DROP", '"', "%_"]


def everything(database: Database) -> list[Any]:
    with database.reading() as connection:
        return [
            list(connection.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2")))
            for table in ("store_meta", "batches", "scores")
        ]


def hostile() -> Content:
    """Numbers at the edge of float64, texts that look like syntax, and nulls."""
    rows = len(HOSTILE)
    ids = pd.Index(HOSTILE, name="customer_id", dtype="str")
    rng = np.random.default_rng(3)
    predictions = pd.DataFrame(index=ids)
    for name in ("clv", "p_churn", "clv_net", "odd"):
        predictions[name] = rng.choice([*NUMBERS, np.nan], rows)
    predictions["basis"] = rng.choice(["model", "insufficient"], rows)
    predictions["tier"] = pd.array([*HOSTILE[:-1], None], dtype="str")
    predictions["warnings"] = [[each, f'"{each}"'] for each in HOSTILE]
    features = pd.DataFrame({"gap_days": rng.choice([*NUMBERS, np.nan], rows)}, index=ids)
    features["n_orders"] = np.arange(rows)
    return Content(predictions, features.assign(channel=predictions["tier"]))


def test_what_is_written_is_read_to_the_last_bit(
    database: Database, reader: Database, maker: Any
) -> None:
    scores = hostile()
    origin = maker.origin(options={"refunds": "net"})
    published = store.publish(database, origin, scores, totals={"clv": 1 / 3})
    found = lookup(reader, HOSTILE, features=True)
    assert found.unknown == []
    assert [each.customer_id for each in found.scores] == HOSTILE
    for each in found.scores:
        for stored, frame in (
            (each.prediction, scores.predictions),
            (each.features, scores.features),
        ):
            assert stored is not None
            row = frame.loc[each.customer_id]
            assert list(stored) == list(frame)
            expected = [None if value is None or value != value else value for value in row]
            assert list(stored.values()) == expected
    batch = dataclasses.asdict(found.batch)
    assert batch.items() >= dataclasses.asdict(origin).items()
    assert (found.batch.totals, found.batch.customers) == ({"clv": 1 / 3}, len(HOSTILE))
    assert found.batch.number == published.batch


def test_repeating_a_batch_changes_nothing(database: Database, maker: Any) -> None:
    first = maker.publish(database)
    before = everything(database)
    again = maker.publish(database)
    assert first == store.Published(batch=1, unchanged=False, again=False, dropped=0)
    assert again == store.Published(batch=1, unchanged=True, again=False, dropped=0)
    assert everything(database) == before


def test_an_older_model_scored_again_is_the_current_batch_again(
    database: Database, reader: Database, maker: Any
) -> None:
    first, second = maker.publish(database, "1"), maker.publish(database, "2")
    assert (current_batch(reader) or first).model_version == "2"
    again = maker.publish(database, "1")
    assert again == store.Published(batch=first.batch, unchanged=False, again=True, dropped=0)
    clv = maker.content(seed=1).predictions["clv"].dropna()
    found = lookup(reader, list(clv.index))
    assert found.batch.model_version == "1"
    assert [each.prediction["clv"] for each in found.scores] == list(clv)
    versions = [each.model_version for each, _ in history(reader, "c00003")]
    assert versions == ["1", "2"]
    assert second.batch == 2


@pytest.mark.parametrize("change", ["horizon_days", "data_sha256", "economics", "options", "clv"])
def test_a_batch_is_another_when_anything_that_it_depends_on_differs(
    tmp_path: Path, maker: Any, change: str
) -> None:
    values = {"horizon_days": 91, "data_sha256": "x", "economics": {}, "options": {"a": 1}}
    scores, other = maker.content(), maker.content()
    if change == "clv":
        name = other.predictions.index[other.predictions["clv"].notna()][0]
        other.predictions.loc[name, "clv"] = np.nextafter(
            other.predictions.loc[name, "clv"], np.inf
        )
    new = maker.origin(**{name: values[name] for name in values if name == change})
    database = Database(f"sqlite:///{tmp_path / 'scores.db'}", writes=True)
    store.publish(database, maker.origin(), scores, totals={})
    assert not store.publish(database, new, other, totals={}).unchanged
    database.close()


def test_the_newest_batches_stay_and_the_dropped_are_counted(
    database: Database, reader: Database, maker: Any
) -> None:
    dropped = [maker.publish(database, str(version), keep=3).dropped for version in range(1, 6)]
    assert dropped == [0, 0, 0, 1, 1]
    assert [each.model_version for each, _ in history(reader, "c00001")] == ["5", "4", "3"]
    maker.publish(database, "3", keep=3)
    last = maker.publish(database, "6", keep=2)
    assert (last.batch, last.dropped) == (6, 2), "numbers are not given twice"
    assert [each.model_version for each, _ in history(reader, "c00001")] == ["6", "3"]
    batches, scores = everything(database)[1:]
    assert {row[0] for row in batches} == {row[0] for row in scores} == {3, 6}


def test_lookups_keep_the_order_and_name_the_unknown(
    database: Database, reader: Database, maker: Any
) -> None:
    maker.publish(database)
    ids = ["c00004", "nobody", "c00001", "c00004", "C00001", "a\0b", "\ud800", "c%", ""]
    found = lookup(reader, ids)
    assert [each.customer_id for each in found.scores] == ["c00004", "c00001", "c00004"]
    assert found.unknown == ["nobody", "C00001", "a\0b", "\ud800", "c%", ""]
    assert found.scores[0].features is None
    assert lookup(reader, []).scores == []
    assert history(reader, "a\0b") == history(reader, "nobody") == []


def test_ten_thousand_customers_in_one_call(
    database: Database, reader: Database, maker: Any
) -> None:
    maker.publish(database, customers=10_001)
    ids = [f"c{number:05d}" for number in reversed(range(10_002))]
    found = lookup(reader, ids)
    assert [each.customer_id for each in found.scores] == ids[1:]
    assert found.unknown == ids[:1]


def test_a_customer_of_a_new_batch_is_found_by_the_key(fresh: Any, maker: Any) -> None:
    """PostgreSQL knows the new rows at once; else it reads all of the batch, by another index."""
    database = Database(fresh(), writes=True)
    for version in ("1", "2"):
        maker.publish(database, version, customers=3_000)
    with database.writing() as connection:
        connection.execute(text("ANALYZE scores"))
    maker.publish(database, "3", customers=3_000)
    query = "EXPLAIN SELECT * FROM scores WHERE batch = 3 AND customer_id = ANY(ARRAY['c00007'])"
    with database.reading() as connection:
        plan = "\n".join(connection.scalars(text(query)))
    database.close()
    assert "scores_pkey" in plan


def test_a_store_without_scores_says_which_command_makes_them(
    database: Database, reader: Database, maker: Any
) -> None:
    sentence = "no scores yet; run python -m serve score"
    for _ in range(2):
        assert current_batch(reader) is None
        with pytest.raises(ServeError, match=sentence) as caught:
            lookup(reader, ["c1"])
        assert caught.value.status == 503
        assert reader.ping() is None
    path = reader.address.path
    assert path is None or not path.parent.exists(), "reading makes no file"
    maker.publish(database)
    assert current_batch(reader) is not None


def test_an_id_that_no_database_can_hold_is_refused(address: str, maker: Any) -> None:
    scores = maker.content()
    ids = scores.predictions.index[:-1].append(pd.Index(["a\0b"]))
    broken = Content(scores.predictions.set_axis(ids), scores.features.set_axis(ids))
    with pytest.raises(ServeError, match="holds the character NUL"):
        store.publish(Database(address, writes=True), maker.origin(), broken, totals={})
    with pytest.raises(ValueError, match="same customers"):
        store.publish(
            Database(address, writes=True),
            maker.origin(),
            Content(scores.predictions, broken.features),
            totals={},
        )


def test_neither_rows_nor_hash_depend_on_the_chunks(
    maker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = maker.content(50)
    whole, mark = list(scores.rows()), scores.sha256()
    monkeypatch.setattr(batches, "CHUNK", 7)
    parts = list(scores.rows())
    assert len(parts) == 8
    assert scores.sha256() == mark
    assert [row for chunk in parts for row in chunk] == [row for chunk in whole for row in chunk]
