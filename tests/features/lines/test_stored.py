"""Shards of lines: the same numbers, to the last bit, however the rows are ordered and divided."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.config.purchases import PurchaseData
from features.ingest.canonical import canonical_lines
from features.ingest.transactions import TransactionLog, read_transactions
from features.purchases.labels import build_labels
from features.purchases.table import build_features
from features.schema import OPTIONAL

ROWS = 4000


def transactions(seed: int = 1) -> pd.DataFrame:
    """Orders of several lines, some later than the rest; ties, refunds, labels that are missing."""
    rng = np.random.default_rng(seed)
    minutes = rng.integers(0, 60 * 24 * 700, ROWS // 2)
    frame = pd.DataFrame(
        {
            "customer_id": rng.integers(0, 150, ROWS // 2),
            "order_id": rng.integers(0, ROWS // 3, ROWS // 2) * 3,
            "timestamp": pd.Timestamp(2022, 1, 1) + pd.to_timedelta(minutes // 7 * 7, unit="min"),
        }
    ).drop_duplicates("order_id")
    lines = frame.loc[rng.choice(frame.index, ROWS)].reset_index(drop=True)
    lines["timestamp"] += pd.to_timedelta(rng.integers(0, 3, ROWS) * 20, unit="h")
    lines["amount"] = (rng.gamma(2.0, 13.7, ROWS) * rng.choice([1, 1, 1, 1, -1], ROWS)).round(3)
    lines["category"] = rng.choice(["tea", "cups", "Zöe", None], ROWS)
    lines["channel"] = rng.choice(["web", "shop"], ROWS)
    return lines


def read(path: Path, **settings: object) -> TransactionLog:
    data = {
        "transactions": str(path),
        "columns": {each: each for each in pd.read_parquet(path).columns},
        "timezone": "Europe/London",
    }
    return read_transactions(PurchaseData.model_validate(data | settings))


@pytest.fixture(params=[True, False], ids=["orders named", "orders by moment"])
def log(request: pytest.FixtureRequest) -> pd.DataFrame:
    lines = transactions()
    return lines if request.param else lines.drop(columns="order_id")


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("features.ingest.raw_rows.ROWS_PER_SHARD", ROWS // 7)


def test_lines_features_and_labels_do_not_depend_on_order_or_shards(
    log: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.to_parquet(tmp_path / "one.parquet")
    one = read(tmp_path / "one.parquet")
    assert one.stored.shards == 1
    monkeypatch.setattr("features.ingest.raw_rows.ROWS_PER_SHARD", ROWS // 7)
    log.sample(frac=1, random_state=3).to_parquet(tmp_path / "other.parquet")
    other = read(tmp_path / "other.parquet")
    assert other.stored.shards == 8
    pd.testing.assert_frame_equal(one.lines, other.lines, check_exact=True)
    assert one.counts == other.counts
    as_of = one.end - timedelta(days=200)
    tables = [build_features(each.stored, as_of, optional=OPTIONAL) for each in (one, other)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    outcomes = [build_labels(each.stored, as_of, 90, end=each.end) for each in (one, other)]
    pd.testing.assert_frame_equal(*outcomes, check_exact=True)
    assert outcomes[0]["revenue_future"].abs().sum() > 0


@pytest.mark.usefixtures("several")
def test_shards_say_what_a_frame_says(log: pd.DataFrame, tmp_path: Path) -> None:
    log.to_parquet(tmp_path / "log.parquet")
    stored = read(tmp_path / "log.parquet")
    texts = {each: "str" for each in ("customer_id", "order_id") if each in log}
    lines = canonical_lines(log.astype(texts), "Europe/London", match=True)
    pd.testing.assert_frame_equal(stored.lines, lines, check_exact=True)
    as_of = stored.end - timedelta(days=300)
    expected = build_features(lines, as_of, optional=OPTIONAL)
    pd.testing.assert_frame_equal(
        build_features(stored.stored, as_of, optional=OPTIONAL), expected, check_exact=True
    )
    labels = build_labels(lines, as_of, 60, end=stored.end)
    pd.testing.assert_frame_equal(
        build_labels(stored.stored, as_of, 60, end=stored.end), labels, check_exact=True
    )


@pytest.mark.usefixtures("several")
def test_lines_before_a_moment_are_all_that_there_is(tmp_path: Path) -> None:
    frame = transactions()
    late = frame["timestamp"].sort_values().iloc[-40]
    frame["category"] = frame["category"].where(frame["timestamp"] >= late)
    frame.to_parquet(tmp_path / "log.parquet")
    stored = read(tmp_path / "log.parquet").stored
    until = int(late.tz_localize("Europe/London").timestamp() * 1e6)
    before = stored.before(until)
    assert len(before.frame) == (stored.frame["us"] < until).sum() < len(stored.frame)
    assert (stored.named("category"), before.named("category")) == (True, False)
    assert before.before(until + 1).until == until


@pytest.mark.usefixtures("several")
def test_copies_and_reexports_are_settled_within_a_shard(tmp_path: Path) -> None:
    frame = transactions()
    frame["amount"] = frame["amount"].abs()  # a refund in a later file is no repetition
    first, second = frame[:2500], frame[2000:]
    for name, part in (("2024-01.parquet", first), ("2024-02.parquet", second)):
        (tmp_path / "in").mkdir(exist_ok=True)
        part.to_parquet(tmp_path / "in" / name)
    frame.to_parquet(tmp_path / "whole.parquet")
    whole = read(tmp_path / "whole.parquet", duplicates="drop")
    columns = {each: each for each in frame.columns}
    data = {
        "transactions": str(tmp_path / "in"),
        "columns": columns,
        "timezone": "Europe/London",
        "duplicates": "drop",
        "reexports": "keep",
    }
    both = read_transactions(PurchaseData.model_validate(data))
    assert both.counts["duplicate_rows_dropped"] >= 500
    pd.testing.assert_frame_equal(both.lines, whole.lines, check_exact=True)
    newest = read_transactions(PurchaseData.model_validate(data | {"reexports": "newest"}))
    kept = pd.concat([first[~first["order_id"].isin(second["order_id"])], second])
    kept.to_parquet(tmp_path / "kept.parquet")
    expected = read(tmp_path / "kept.parquet", duplicates="drop")
    pd.testing.assert_frame_equal(newest.lines, expected.lines, check_exact=True)
    assert newest.counts["reexported_rows_dropped"] > 0


def test_ids_of_any_size_have_refunds(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "customer_id": np.array([2**64 - 1, 2**64 - 1, 5], dtype="uint64"),
            "order_id": np.array([2**64 - 2, 7, 8], dtype="uint64"),
            "timestamp": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]),
            "amount": [10.0, -10.0, 2.0],
        }
    )
    frame.to_parquet(tmp_path / "log.parquet")
    lines = read(tmp_path / "log.parquet").lines
    assert lines["order_id"].tolist() == [str(2**64 - 2), str(2**64 - 2), "8"]
    assert lines["customer_id"].tolist() == [str(2**64 - 1), str(2**64 - 1), "5"]
