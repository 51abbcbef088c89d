from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from features.config.purchases import PurchaseConfig
from features.ingest.transactions import TransactionLog
from models.design_matrix import encode
from train.purchases.backtest import origins
from train.purchases.evaluation_groups import segments
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask
from train.purchases.snapshots import fitted_horizon, matured_snapshots, stack

END = datetime(2025, 1, 1, tzinfo=UTC)
FOUR_MONTHS, YEAR_AND_A_HALF, TEN_YEARS = 122, 548, 3652
Span = Callable[[int], PurchaseSnapshots]


@pytest.fixture(scope="module")
def span(log_of: Callable[[pd.DataFrame], TransactionLog]) -> Span:
    """A log of so many days, of thirty customers who each buy from its first day to its last."""

    def make(days: int) -> PurchaseSnapshots:
        at = pd.Timestamp(END) - pd.to_timedelta(np.linspace(days, 0.01, 12), unit="D").round("s")
        rows = pd.DataFrame({"timestamp": at, "amount": 10.0})
        return PurchaseSnapshots(
            log_of(pd.concat([rows.assign(customer_id=f"c{each:02d}") for each in range(30)]))
        )

    return make


def task_of(config: PurchaseConfig, data: PurchaseSnapshots) -> PurchaseTask:
    return PurchaseTask(config, data, END, config.problem.horizon_days)


def days_back(found: list[datetime]) -> list[float]:
    return [(END - each) / timedelta(days=1) for each in found]


@pytest.mark.parametrize(
    ("days", "asked", "fitted"),
    [
        (FOUR_MONTHS, 30, 30),
        (FOUR_MONTHS, 90, 40),
        (YEAR_AND_A_HALF, 90, 90),
        (YEAR_AND_A_HALF, 365, 182),
        (TEN_YEARS, 365, 365),
        (TEN_YEARS, 3650, 1217),
        (2, 90, 1),
    ],
)
def test_a_third_of_the_log_is_the_longest_horizon_to_learn_from(
    days: int, asked: int, fitted: int, span: Span, settings: Callable[..., PurchaseConfig]
) -> None:
    assert fitted_horizon(task_of(settings(asked), span(days))) == fitted


@pytest.mark.parametrize(
    ("days", "horizon", "back"),
    [
        # 122 - 2 x 40 = 42 available days for seven gaps: a week apart is the least.
        (FOUR_MONTHS, 40, [40, 47, 54, 61, 68, 75, 82]),
        # 122 - 2 x 30 = 62 available days: eight of them fit, 8 days apart.
        (FOUR_MONTHS, 30, [30, 38, 46, 54, 62, 70, 78, 86]),
        (YEAR_AND_A_HALF, 90, [90, 120, 150, 180, 210, 240, 270, 300]),
        # 548 - 2 x 182 = 184 available days: 26 days apart.
        (YEAR_AND_A_HALF, 182, [182, 208, 234, 260, 286, 312, 338, 364]),
        (TEN_YEARS, 365, [365, 395, 425, 455, 485, 515, 545, 575]),
    ],
)
def test_snapshots_are_a_month_apart_or_as_close_as_a_short_log_needs(
    days: int, horizon: int, back: list[float], span: Span, settings: Callable[..., PurchaseConfig]
) -> None:
    config = settings(horizon, snapshots=8, spacing_days=30)
    assert days_back(matured_snapshots(task_of(config, span(days)), horizon)) == back


def test_one_snapshot_is_the_newest_that_has_matured(
    span: Span, settings: Callable[..., PurchaseConfig]
) -> None:
    config = settings(30, snapshots=1, spacing_days=500)
    assert days_back(matured_snapshots(task_of(config, span(FOUR_MONTHS)), 30)) == [30]


def test_a_spacing_that_fits_is_kept(span: Span, settings: Callable[..., PurchaseConfig]) -> None:
    config = settings(30, snapshots=3, spacing_days=5)
    assert days_back(matured_snapshots(task_of(config, span(FOUR_MONTHS)), 30)) == [30, 35, 40]


def test_snapshots_with_too_few_customers_are_passed_over(
    span: Span,
    log_of: Callable[[pd.DataFrame], TransactionLog],
    settings: Callable[..., PurchaseConfig],
) -> None:
    lines = span(FOUR_MONTHS).source.lines
    rows = lines[lines["customer_id"] < "c19"].assign(
        timestamp=lambda frame: pd.to_datetime(frame["us"], unit="us", utc=True)
    )
    few = PurchaseSnapshots(log_of(rows[["customer_id", "timestamp", "amount"]]))
    assert len(few.table(END)) == 19
    assert matured_snapshots(task_of(settings(30), few), 30) == []


def test_rows_are_what_was_known_then_and_what_followed(span: Span) -> None:
    history = span(FOUR_MONTHS)
    newest, older = END - timedelta(days=30), END - timedelta(days=60)
    names = ["recency_days", "n_orders"]
    steps: list[str] = []
    rows = stack(
        history,
        [newest, older],
        30,
        by=END,
        features=names,
        levels={},
        step=steps.append,
    )
    assert steps == [f"snapshot {each:%Y-%m-%d}" for each in (newest, older)]
    assert len(rows.churned) == 60
    assert (rows.as_of_days[:30] - rows.as_of_days[30:]).tolist() == [30.0] * 30
    np.testing.assert_array_equal(rows.customer[:30], rows.customer[30:])
    for at, as_of in ((slice(0, 30), newest), (slice(30, 60), older)):
        outcome = history.outcome(as_of, 30, by=END)
        np.testing.assert_array_equal(rows.features[at], encode(history.table(as_of), names, {}))
        np.testing.assert_array_equal(rows.churned[at], outcome["churned"])
        np.testing.assert_array_equal(rows.revenue[at], outcome["revenue_future"])


def test_the_margins_of_each_snapshot_have_its_level(shop_rows: tuple) -> None:  # type: ignore[type-arg]
    """Season and chance, which all customers share, are not the trees' to explain."""
    rows, count = shop_rows
    for at in (slice(0, count), slice(count, None)):
        assert (rows.p_order[at] * rows.spend[at]).sum() == pytest.approx(rows.revenue[at].sum())
        assert rows.p_order[at].sum() == pytest.approx((1 - rows.churned[at]).sum(), rel=0.05)


@pytest.fixture
def shop_rows(shop: tuple) -> tuple:  # type: ignore[type-arg]
    """Two snapshots of the simulated shop, and how many rows the first one has."""
    history, as_of = shop.task.data, shop.origin.as_of  # type: ignore[attr-defined]
    at = [as_of - timedelta(days=each) for each in (60, 90)]
    rows = stack(
        history,
        at,
        60,
        by=as_of,
        features=["recency_days"],
        levels={},
        step=lambda _: None,
    )
    return rows, len(history.table(at[0]))


@pytest.mark.parametrize(
    ("days", "horizon", "count", "gap"),
    [
        (TEN_YEARS, 365, 4, 365),
        (YEAR_AND_A_HALF, 90, 4, 90),
        # 122 - 30 = 92 days before the newest origin; three fifths of them for two gaps.
        (FOUR_MONTHS, 30, 3, 27),
        (FOUR_MONTHS, 30, 1, 0),
    ],
)
def test_origins_are_a_horizon_apart_or_as_far_as_the_log_lets_them(
    days: int,
    horizon: int,
    count: int,
    gap: int,
    span: Span,
    settings: Callable[..., PurchaseConfig],
) -> None:
    task, newest = task_of(settings(horizon), span(days)), END - timedelta(days=horizon)
    found = [each.as_of for each in origins(task, count)]
    assert days_back(found) == [horizon + gap * each for each in range(count)]
    assert (found[-1] - task.data.source.first) >= 0.4 * (newest - task.data.source.first)


def test_segments_split_everyone_by_purchase_days_and_by_age() -> None:
    table = pd.DataFrame({"repeat_days": [0, 0, 1, 9], "age_days": [5.0, 7.0, 89.9, 90.0]})
    parts = {name: flags.tolist() for name, flags in segments(table).items()}
    assert parts == {
        "everyone": [True, True, True, True],
        "one_time": [True, True, False, False],
        "repeat": [False, False, True, True],
        "age_0_7": [True, False, False, False],
        "age_7_30": [False, True, False, False],
        "age_30_90": [False, False, True, False],
        "age_90": [False, False, False, True],
    }
