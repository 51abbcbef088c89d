"""The compiled statement gives what DuckDB gives, to the last bit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.compiled.single_customer import Row, customer_features, customer_lines
from features.ingest.canonical import canonical_lines
from features.ingest.transactions import TransactionLog
from features.purchases.table import build_features, expressions
from features.schema import OPTIONAL

# In London, New York and on Lord Howe Island clocks change within days of this time.
AS_OF = datetime(2024, 3, 31, 1, 30, tzinfo=UTC)
AS_OF_US = 1_711_848_600_000_000
HOUR_US = 3_600_000_000
COLUMNS = ["order_id", "us", "local_us", "amount", "category", "channel"]
ZONES = ["UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Monrovia"]
Histories = dict[str, list[Row]]


def frame(histories: Histories) -> pd.DataFrame:
    flat = [(name, *row) for name, rows in histories.items() for row in rows]
    names = ["customer_id", "us", "order_id", "amount", "category", "channel"]
    columns = dict(zip(names, zip(*flat, strict=True), strict=True))
    texts = ["customer_id", "order_id", "category", "channel"]
    return pd.DataFrame(
        {name: pd.Series(columns[name], dtype="str") for name in texts}
        | {
            "timestamp": pd.to_datetime(pd.Series(columns["us"]), unit="us", utc=True),
            "amount": pd.Series(columns["amount"], dtype="float64"),
        }
    )


def plain(table: pd.DataFrame) -> list[list[object]]:
    return table.astype("object").where(table.notna(), None).to_numpy().tolist()


def of_each(lines: pd.DataFrame, columns: list[str]) -> dict[str, list[list[object]]]:
    """The lines of each customer, in their order."""
    found: dict[str, list[list[object]]] = {}
    for name, line in zip(lines["customer_id"], plain(lines[columns]), strict=True):
        found.setdefault(name, []).append(line)
    return found


def differences(histories: Histories, timezone: str, optional: tuple[str, ...]) -> list[object]:
    """Every customer whose lines or features are not the same bits in both ways."""
    lines = canonical_lines(frame(histories), timezone)
    table = build_features(lines, AS_OF, optional=optional)
    expected = dict(zip(table.index, plain(table), strict=True))
    by_customer = of_each(lines, COLUMNS)
    found = []
    for name, rows in histories.items():
        small = customer_lines(rows, timezone)
        if [list(line) for line in small] != by_customer[name]:
            found.append((name, small))
        values = customer_features(small, AS_OF_US, optional)
        if values != expected.get(name):
            pairs = zip(table.columns, values or [], expected.get(name) or [], strict=False)
            found.append((name, [each for each in pairs if each[1] != each[2]]))
    return found


def amounts(rng: np.random.Generator, n: int) -> list[float]:
    """Prices, tenths that nearly cancel, nothing but purchases, or all magnitudes at once."""
    drawn = rng.choice(4)
    if drawn == 0:
        return rng.normal(10, 30, n).round(2).tolist()
    if drawn == 1:
        return rng.choice([0.1, 0.2, 0.3, -0.1, -0.2, -0.3, 1e-6, -1e-6, 0.0], n).tolist()
    if drawn == 2:
        return rng.gamma(1, 30, n).round(2).tolist()
    return (rng.normal(0, 1, n) * 10.0 ** rng.integers(-9, 15, n)).tolist()


def history(rng: np.random.Generator) -> list[Row]:
    """Ties, several lines of an order, orders that straddle as_of, years before 1970."""
    n = 1 if rng.random() < 0.1 else int(rng.integers(1, 30))
    span = int(rng.choice([3, 60, 3000, 20_000, 900_000]))
    us = AS_OF_US - rng.integers(min(-span // 3, 9000), span, n).clip(-8000) * HOUR_US
    us += rng.integers(0, 10**6, n) if rng.random() < 0.5 else 0
    ids = [f"{'a Zé😀@'[k % 6]}{k // 6}" for k in rng.integers(0, rng.integers(1, n + 2), n)]
    orders = [None if rng.random() < 0.2 else each for each in ids]
    category = rng.choice(["tea", "Cup", "", "😀", None], n)
    channel = rng.choice(["web", None], n) if rng.random() < 0.5 else [None] * n
    return list(zip(us.tolist(), orders, amounts(rng, n), category, channel, strict=True))


@pytest.mark.parametrize(
    ("timezone", "optional"),
    list(zip(ZONES, [(), OPTIONAL, ("channel",), OPTIONAL, ()], strict=True)),
)
def test_random_histories_have_the_same_bits(timezone: str, optional: tuple[str, ...]) -> None:
    rng = np.random.default_rng(ZONES.index(timezone))
    histories = {f"c{number}": history(rng) for number in range(500)}
    assert not differences(histories, timezone, optional)


rows = st.tuples(
    st.integers(-400, 60).map(lambda hours: AS_OF_US + hours * HOUR_US)
    | st.integers(-2_100_000_000_000_000, 4_000_000_000_000_000),
    st.sampled_from(["1", "2", "", "@0", "😀", "é"]) | st.none() | st.text(max_size=3),
    st.sampled_from([0.1, 0.2, 0.3, -0.3, 5.0, -5.0]) | st.floats(-1e150, 1e150),
    st.sampled_from(["tea", "cup", ""]) | st.none(),
    st.sampled_from(["web", "shop"]) | st.none(),
)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.lists(rows, min_size=1, max_size=12), min_size=1, max_size=40),
    st.sampled_from(ZONES),
)
def test_any_history_has_the_same_bits(drawn: list[list[Row]], timezone: str) -> None:
    histories = {f"c{number}": each for number, each in enumerate(drawn)}
    assert not differences(histories, timezone, OPTIONAL)


def test_many_lines_of_one_instant_are_summed_small_before_large() -> None:
    rng = np.random.default_rng(3)
    histories = {
        f"c{n}": [(AS_OF_US - HOUR_US, "1", x, None, None) for x in rng.normal(10, 5, n).tolist()]
        for n in [1, 2, 3, 7, 8, 9, 10, 129, 300, 2000]
    }
    assert not differences(histories, "UTC", ())


def test_orders_across_every_change_of_clocks() -> None:
    rng = np.random.default_rng(4)
    for timezone in ["Europe/London", "America/St_Johns", "Pacific/Apia", "Asia/Kolkata"]:
        seconds = rng.integers(-2_170_000_000, 4_070_000_000, 3000)
        changes = [
            int(datetime(year, month, day, hour, tzinfo=ZoneInfo(timezone)).timestamp())
            for year in (1916, 1945, 1968, 2011, 2024)
            for month, day in ((3, 31), (10, 27), (12, 30))
            for hour in range(24)
        ]
        instants = [second * 10**6 + 999_999 for second in [*seconds.tolist(), *changes]]
        lines = customer_lines([(us, None, 1.0, None, None) for us in instants], timezone)
        utc = pd.to_datetime(pd.Series([line.us for line in lines]), unit="us", utc=True)
        local = utc.dt.tz_convert(timezone).dt.tz_localize(None).dt.as_unit("us")
        assert [line.local_us for line in lines] == local.astype("int64").tolist()


def test_every_hundredth_retail_customer_has_the_same_bits(retail: TransactionLog) -> None:
    as_of = retail.end - timedelta(days=90)
    us = round(as_of.timestamp()) * 10**6
    table = build_features(retail.lines, as_of)
    expected = dict(zip(table.index, plain(table), strict=True))
    some = sorted(retail.lines["customer_id"].unique())[::100]
    lines = retail.lines[retail.lines["customer_id"].isin(some)]
    columns = ["us", "order_id", "amount", "category", "channel"]
    for name, rows in of_each(lines, columns).items():
        small = customer_lines([tuple(row) for row in rows], retail.timezone)
        assert customer_features(small, us, ()) == expected.get(name)


@pytest.mark.parametrize("optional", [(), OPTIONAL])
def test_one_value_for_each_expression_in_their_order(optional: tuple[str, ...]) -> None:
    lines = customer_lines([(AS_OF_US - HOUR_US, None, 5.0, "tea", None)], "UTC")
    names = [each.name for each in expressions(optional)]
    found = dict(zip(names, customer_features(lines, AS_OF_US, optional) or [], strict=True))
    assert found["recency_days"] == 1 / 24
    assert found["monetary_std"] is None
    assert found.get("first_category") == ("tea" if optional else None)
    assert found.get("first_channel") is None


@pytest.mark.parametrize("amount", [-5.0, 0.0, 1e-7])
def test_without_a_purchase_there_are_no_features(amount: float) -> None:
    lines = customer_lines([(AS_OF_US - HOUR_US, None, amount, None, None)], "UTC")
    assert customer_features(lines, AS_OF_US, ()) is None
    bought_later = customer_lines([(AS_OF_US, None, 5.0, None, None)], "UTC")
    assert customer_features(bought_later, AS_OF_US, ()) is None
    assert customer_features([], AS_OF_US, ()) is None


def test_the_order_of_optional_columns_does_not_matter() -> None:
    lines = customer_lines([(AS_OF_US - HOUR_US, None, 5.0, "tea", "web")], "UTC")
    found = customer_features(lines, AS_OF_US, ("channel", "category"))
    assert found == customer_features(lines, AS_OF_US, OPTIONAL)
