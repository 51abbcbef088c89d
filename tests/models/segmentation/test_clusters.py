from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from models.segmentation.clusters import Clustering, cluster
from models.segmentation.personas import favourite, names, profiles, words

ROOT = Path(__file__).resolve().parents[3]
KINDS = {"often": (10.0, 20.0, 5000.0), "once": (300.0, 1.0, 40.0), "middle": (60.0, 5.0, 600.0)}
AS_OF = datetime(2011, 1, 10, tzinfo=UTC)


def three_kinds(each: int = 60) -> pd.DataFrame:
    """Customers of three kinds, a little different from each other; c0, c3, ... buy often."""
    rng = np.random.default_rng(7)
    rows = []
    for _ in range(each):
        for days, orders, money in KINDS.values():
            noise = np.exp(rng.normal(0.0, 0.1, 3))
            rows.append([days * noise[0], round(orders * noise[1]), money * noise[2], 0.0])
    columns = ["recency_days", "n_orders", "monetary_sum", "refund_sum"]
    index = pd.Index([f"c{place}" for place in range(len(rows))], name="customer_id")
    table = pd.DataFrame(rows, index=index, columns=columns)
    return table.assign(monetary_mean=table["monetary_sum"] / table["n_orders"])


@pytest.fixture(scope="module")
def kinds() -> Clustering:
    return cluster(three_kinds())


def test_three_kinds_of_customers_are_found(kinds: Clustering) -> None:
    assert kinds.labels.tolist() == [1, 3, 2] * 60
    assert max(kinds.silhouettes, key=lambda number: kinds.silhouettes[number]) == 3
    assert kinds.agreement == kinds.stability == 1.0
    np.testing.assert_allclose(kinds.centres.loc[1], KINDS["often"], rtol=0.1)


def test_the_order_of_the_rows_changes_nothing(table: pd.DataFrame) -> None:
    """Of the sample log too, where clusters run into each other."""
    plain = cluster(table)
    shuffled = cluster(table.sample(frac=1.0, random_state=3))
    assert shuffled.labels.reindex(table.index).equals(plain.labels)
    assert shuffled.silhouettes == plain.silhouettes
    assert (shuffled.agreement, shuffled.stability) == (plain.agreement, plain.stability)


def test_random_starts_lead_to_the_same_clusters(table: pd.DataFrame) -> None:
    """No seed is needed, since none would change much."""
    found = cluster(table)
    net = table["monetary_sum"] - table["refund_sum"]
    floor = net[net > 0].quantile(0.01)
    logs = pd.DataFrame(
        {
            "recency": np.log1p(table["recency_days"]),
            "orders": np.log(table["n_orders"]),
            "money": np.log(net.clip(lower=floor)),
        }
    )
    points = ((logs - logs.mean()) / logs.std(ddof=0)).to_numpy()
    for seed in range(3):
        drawn = KMeans(len(found.centres), n_init=5, random_state=seed).fit(points)
        assert adjusted_rand_score(drawn.labels_, found.labels.astype(int)) > 0.9


def test_who_is_unknown_is_in_no_cluster(kinds: Clustering) -> None:
    stranger = pd.DataFrame(np.nan, index=["stranger"], columns=three_kinds().columns)
    found = cluster(pd.concat([three_kinds(), stranger]))
    assert found.labels.isna().tolist() == [False] * 180 + [True]
    assert found.silhouettes == kinds.silhouettes
    with pytest.raises(ValueError, match="no customer with a known recency"):
        cluster(stranger)


@pytest.mark.parametrize("customers", [1, 2, 3, 4, 7])
def test_few_customers_make_few_clusters(customers: int) -> None:
    found = cluster(three_kinds().iloc[:customers])
    assert found.labels.notna().all()
    assert found.labels.max() == len(found.centres) < max(customers, 2)
    assert -1.0 <= found.stability <= 1.0


def test_customers_who_are_all_alike_are_one_cluster() -> None:
    alike = pd.concat([three_kinds().iloc[:1]] * 50)
    found = cluster(alike)
    assert set(found.labels) == {1}
    assert (found.silhouettes, found.agreement, found.stability) == ({}, 1.0, 1.0)


def test_refunds_above_purchases_are_little_money() -> None:
    returned = three_kinds()
    returned.loc["c0", "refund_sum"] = 1e6
    assert cluster(returned).labels.notna().all()


def lines(rows: list[tuple[str, str, float, str | None, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "order_id", "amount", "category", "day"])
    start = int(pd.Timestamp("2011-01-01", tz="UTC").timestamp() * 1e6)
    return frame.assign(us=start + (frame["day"] - 1) * 86_400_000_000)


def test_the_favourite_is_in_most_orders_before_as_of() -> None:
    found = favourite(
        lines(
            [
                ("ann", "1", 5.0, "tea", 1),
                ("ann", "1", 5.0, "tea", 1),
                ("ann", "2", 90.0, "cups", 2),
                ("ann", "3", 1.0, "tea", 3),
                ("ann", "4", 1.0, "cups", 10),  # at as_of: not seen
                ("bob", "5", 1.0, "tea", 1),
                ("bob", "6", 2.0, "cups", 1),  # as often, for more money
                ("cat", "7", -3.0, "tea", 1),
                ("dan", "8", 3.0, None, 1),
            ]
        ),
        "category",
        AS_OF,
    )
    assert found.to_dict() == {"ann": "tea", "bob": "cups"}


def test_profiles_by_hand() -> None:
    table = three_kinds(2)
    groups = pd.Series([1, 3, 2] * 2, index=table.index)
    answers = pd.DataFrame(
        {"clv": [60.0, 10.0, np.nan] * 2, "p_churn": [0.1, 0.9, np.nan] * 2}, index=table.index
    )
    favourites = pd.DataFrame({"category": ["tea", "cups", "tea", "tea"]}, index=table.index[:4])
    found = profiles(table, groups, predictions=answers, favourites=favourites)
    assert found["customers"].tolist() == [2, 2, 2]
    assert found["revenue_share"].sum() == pytest.approx(1.0)
    net = table["monetary_sum"]
    assert found.loc[1, "revenue_share"] == pytest.approx(net.iloc[[0, 3]].sum() / net.sum())
    assert found.loc[1, "recency_days"] == pytest.approx(table["recency_days"].iloc[[0, 3]].mean())
    assert found["value_share"].tolist() == pytest.approx([6 / 7, 0.0, 1 / 7])
    assert found["p_churn"].isna().tolist() == [False, True, False]
    assert found["favourite_category"].tolist() == ["tea", "tea", "cups"]
    assert found["favourite_channel"].isna().all()


def test_a_persona_in_words(kinds: Clustering) -> None:
    table = three_kinds()
    found = profiles(table, kinds.labels)
    assert names(found, table).tolist() == [
        "Recent, frequent, large orders",
        "Recent, regular, ordinary orders",
        "Long silent, one-time, small orders",
    ]
    row = pd.Series(
        {
            "customers": 1234, "customer_share": 0.21, "revenue_share": 0.75, "recency_days": 16.5,
            "orders": 13.0, "order_value": 1369.7, "value_share": 0.8, "p_churn": 0.08,
            "favourite_category": "tea", "favourite_channel": None,
        }
    )  # fmt: skip
    assert words(row, currency="GBP", horizon_days=90) == (
        "1,234 customers (21%) who brought 75% of the revenue so far and 80% of the predicted "
        "value. Typically 13 orders of 1,370 GBP, the last one 16 days ago. 8% are expected not "
        "to buy in the next 90 days. Favourite category: tea."
    )
    alone = words(found.loc[3], currency="GBP", horizon_days=90)
    assert "predicted" not in alone
    assert "1 order of" in alone
    assert alone.endswith("days ago.")


def test_names_are_never_given_twice(table: pd.DataFrame) -> None:
    groups = pd.Series(np.arange(len(table)) % 5, index=table.index)
    found = names(profiles(table, groups), table)
    assert found.is_unique
    assert len(found) == 5


def test_no_revenue_has_no_shares() -> None:
    table = three_kinds(1).assign(refund_sum=1e6)
    found = profiles(table, pd.Series("all", index=table.index))
    assert found["revenue_share"].isna().all()
    assert "an unknown part" in words(found.iloc[0], currency="GBP", horizon_days=90)


def test_names_for_answers_do_not_wait_for_scikit_learn() -> None:
    """Tiers and segments are given by the service, which is to start quickly."""
    for module in (
        "segmentation/assign",
        "segmentation/cutoffs",
        "segmentation/tiers",
        "segmentation/rfm",
        "textbook/formulas",
    ):
        source = (ROOT / "models" / f"{module}.py").read_text(encoding="utf-8")
        assert "sklearn" not in source
        assert "models.segmentation.clusters" not in source
    assert not [
        path.name
        for path in (ROOT / "serve").rglob("*.py")
        if "models.segmentation.clusters" in path.read_text(encoding="utf-8")
    ]
