"""Purchases and subscriptions, read in one way and accounted for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from features.config.read import read_config
from features.dataset import as_of_or_end, features_as_of, read_dataset, show_counts
from features.errors import DataError
from features.ingest.subscribers import SubscriberTable
from features.ingest.transactions import TransactionLog
from features.purchases.table import expressions

PURCHASES = """
data.transactions = "log.csv"
data.columns = { customer_id = "c", timestamp = "t", amount = "a", channel = "s" }
data.timezone = "Europe/London"
problem.horizon_days = 30
"""
SUBSCRIPTIONS = """
data.customers = "customers.csv"
data.columns = { customer_id = "who", start = "since", amount = "fee", cancelled = "until" }
problem = { relationship = "contract", horizon_days = 50 }
"""


@pytest.fixture
def here(tmp_path: Path, dated_rows: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.csv").write_text("c,t,a,s\n1,2024-07-05,10,web\n2,2024-07-09,20,web\n")
    (tmp_path / "customers.csv").write_text(dated_rows)
    (tmp_path / "purchases.toml").write_text(PURCHASES)
    (tmp_path / "subscriptions.toml").write_text(SUBSCRIPTIONS)
    return tmp_path


@pytest.mark.parametrize(
    ("kind", "noun", "source", "counted"),
    [
        (TransactionLog, "log", "purchases", "log.csv"),
        (SubscriberTable, "table", "subscriptions", "customers.csv"),
    ],
)
def test_data_of_either_kind_are_read_and_accounted_for(
    here: Path,
    caplog: pytest.LogCaptureFixture,
    kind: type,
    noun: str,
    source: str,
    counted: str,
) -> None:
    config = read_config(here / f"{source}.toml")
    with caplog.at_level(logging.INFO):
        dataset = read_dataset(config)
    assert isinstance(dataset, kind)
    assert dataset.noun == noun
    assert caplog.messages == [f"reading {counted}", show_counts(dataset)]


def test_as_of_is_read_in_the_time_zone_of_the_data_and_is_their_end_without_one(
    here: Path,
) -> None:
    log = read_dataset(read_config(here / "purchases.toml"))
    assert as_of_or_end(None, log) == log.end == datetime(2024, 7, 9, 23, tzinfo=UTC)
    assert as_of_or_end("2024-07-06", log) == datetime(2024, 7, 5, 23, tzinfo=UTC)
    with pytest.raises(DataError, match="as_of must be a date or an ISO timestamp"):
        as_of_or_end("", log)


def test_features_are_of_the_optional_columns_asked_for(here: Path) -> None:
    log = read_dataset(read_config(here / "purchases.toml"))
    names = [each.name for each in expressions(("channel",))]
    assert list(features_as_of(log, log.end)) == names
    assert list(features_as_of(log, log.end, optional=())) == [e.name for e in expressions()]


def test_a_table_without_customers_is_refused(
    here: Path, dated: Callable[..., SubscriberTable]
) -> None:
    log = read_dataset(read_config(here / "purchases.toml"))
    with pytest.raises(
        DataError, match=r"no customer has a purchase before .* begins at 2024-07-0"
    ):
        features_as_of(log, log.end - timedelta(days=30))
    with pytest.raises(DataError, match="nobody has a subscription as of 2023-01-01"):
        features_as_of(dated(), pd.Timestamp("2023-01-01", tz="UTC").to_pydatetime())


def test_the_account_is_readable(retail: TransactionLog) -> None:
    text = show_counts(retail)
    assert "1,044,847  rows read\n" in text
    assert "  235,287  - dropped: no customer id\n" in text
    assert len(text.splitlines()) == len(retail.counts)
