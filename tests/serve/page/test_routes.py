"""The endpoints behind the page: lists, their files, and the overview, against pandas."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from serve.handlers.customer_list import list_customers
from serve.handlers.overview import OverviewCache
from serve.scoring.cohorts import sum_cohorts
from serve.store import publish as store_scores
from serve.store.batch import BatchOrigin, Content
from serve.store.database import Database

EXACT = 1e-9
ORIGIN: dict[str, Any] = {
    "model_name": "clv", "model_version": "1", "card_sha256": "c0ffee", "data_sha256": "da7a",
    "trained_as_of": datetime(2011, 9, 9, tzinfo=UTC), "as_of": datetime(2011, 12, 9, tzinfo=UTC),
    "horizon_days": 90, "currency": "GBP", "timezone": "Europe/London",
    "economics": {"margin": 0.3}, "options": {"tiers": {"names": ["Gold", "Silver"]}},
}  # fmt: skip


@pytest.fixture
def scores(scored: dict[str, Any], client: Any) -> pd.DataFrame:
    """All of the batch, as a file has it."""
    text = client.get("/customers?format=csv").text
    return pd.read_csv(io.StringIO(text), dtype={"customer_id": "str"}).set_index("customer_id")


def test_a_list_is_a_page_of_the_batch(client: Any, scores: pd.DataFrame) -> None:
    query = "sort=p_churn&descending=false&tier=Gold&min_clv=1&max_clv=9&limit=7&offset=3"
    reply = client.get(f"/customers?{query}").json()
    chosen = scores[(scores["tier"] == "Gold") & scores["clv"].between(1, 9)]
    expected = chosen.reset_index().sort_values(["p_churn", "customer_id"])["customer_id"]
    assert reply["total"] == len(chosen)
    assert (reply["limit"], reply["offset"], reply["currency"]) == (7, 3, "USD")
    assert [each["customer_id"] for each in reply["customers"]] == list(expected[3:10])
    first = reply["customers"][0]
    looked_up = client.post("/lookup", json={"customer_ids": [first["customer_id"]]}).json()
    [stored] = looked_up["predictions"]
    assert stored == first | {"horizon_days": 60}
    assert reply["batch"] == looked_up["batch"]


def test_a_file_has_them_all_with_the_columns_of_a_scores_file(
    client: Any, scores: pd.DataFrame, scored: dict[str, Any]
) -> None:
    assert len(scores) == scored["rows"]
    assert scores["clv"].sum() == pytest.approx(scored["total_clv"], rel=EXACT)
    response = client.get("/customers?format=csv&segment=Champions&sort=customer_id&descending=0")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    lines = response.text.splitlines()
    assert lines[0].startswith("customer_id,as_of,horizon_days,p_churn,expected_spend,")
    assert lines[0].endswith("tier,segment,basis,currency,model_version,warnings")
    champions = sorted(scores.index[scores["segment"] == "Champions"])
    assert [line.split(",")[0] for line in lines[1:]] == champions


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("order=clv", '"order" is unknown, known are sort, tier'),
        ("sort=features", "sort must be one of customer_id"),
        ("limit=1001", "limit must be 1 to 1,000, got 1001"),
        ("limit=-1", "limit must be a whole number"),
        ("limit=" + "9" * 5000, "limit must be a whole number"),
        ("offset=2.5", "offset must be a whole number"),
        ("format=xls", "format must be json or csv"),
        ("format=csv&limit=100001", "limit must be 1 to 100,000"),
        ("min_clv=nan", "min_clv must be a finite number"),
        ("max_p_churn=high", "max_p_churn must be a number"),
        ("descending=maybe", "descending must be true or false"),
        ("tier=a&tier=b", "names something twice"),
    ],
)
def test_a_bad_query_gets_its_sentence(
    client: Any, scored: dict[str, Any], query: str, sentence: str
) -> None:
    response = client.get(f"/customers?{query}")
    assert response.status_code == 400
    assert sentence in response.json()["error"]["message"]


def test_an_empty_value_is_no_filter(client: Any, scored: dict[str, Any]) -> None:
    reply = client.get("/customers?tier=&segment=&search=&min_clv=&sort=").json()
    assert reply["total"] == scored["rows"]


@pytest.mark.parametrize("column", ["tier", "segment"])
def test_the_overview_adds_up(client: Any, scores: pd.DataFrame, column: str) -> None:
    reply = client.get("/overview").json()
    shown = pd.DataFrame(reply[f"{column}s"]).set_index("name")
    grouped = scores.groupby(column)
    for name in ("clv", "expected_revenue"):
        pd.testing.assert_series_equal(
            shown[name].sort_index(), grouped[name].sum(), check_names=False, rtol=EXACT
        )
    assert shown["customers"].to_dict() == grouped.size().to_dict()
    means = shown["p_churn_mean"].sort_index()
    pd.testing.assert_series_equal(means, grouped["p_churn"].mean(), check_names=False, rtol=EXACT)
    assert shown["share_of_clv"].sum() == pytest.approx(1.0)
    assert shown["share_of_customers"].sum() == pytest.approx(1.0)


def test_the_overview_has_the_totals(
    client: Any, scores: pd.DataFrame, scored: dict[str, Any]
) -> None:
    reply = client.get("/overview").json()
    total = reply["total"]
    assert total["customers"] == scored["rows"]
    assert total["clv"] == pytest.approx(scored["total_clv"], rel=EXACT)
    assert total["expected_revenue"] == pytest.approx(scored["total_expected_revenue"], rel=EXACT)
    assert total["expected_revenue_low"] == scored["total_revenue_low"]
    assert [each["name"] for each in reply["tiers"]] == ["Platinum", "Gold", "Silver", "Bronze"]
    assert [each["name"] for each in reply["cohorts"]] == ["1997-01", "1997-02", "1997-03"]
    for name in ("customers", "clv", "expected_revenue"):
        assert sum(each[name] for each in reply["cohorts"]) == pytest.approx(total[name])


def content(ids: list[str], **columns: Any) -> Content:
    index = pd.Index(ids, name="customer_id", dtype="str")
    predictions = pd.DataFrame({"clv": 1.0, "expected_revenue": 2.0, "p_churn": 0.5}, index=index)
    predictions["warnings"] = [[] for _ in ids]
    return Content(predictions.assign(**columns), pd.DataFrame({"age_days": 10.0}, index=index))


def stored(folder: Path, batch: Content, totals: dict[str, Any]) -> Database:
    database = Database(f"sqlite:///{folder / 'scores.db'}", writes=True)
    store_scores.publish(database, BatchOrigin(**ORIGIN), batch, totals=totals)
    return database


def test_a_cell_is_no_formula(tmp_path: Path) -> None:
    ids = [
        '=HYPERLINK("http://x","a,b")',
        "+1",
        "-1",
        "@x",
        "\tx",
        "\rx",
        "\uff1d1",
        "plain",
        "a\nb",
    ]
    database = stored(tmp_path, content(ids, clv=-2.5, segment="=1"), {})
    text = list_customers(database, "format=csv&sort=customer_id&descending=false").body.decode()
    rows = pd.read_csv(io.StringIO(text, newline=""), dtype="str", keep_default_na=False)
    harmless = [each if each in ("plain", "a\nb") else f"'{each}" for each in sorted(ids)]
    assert [each.replace("\r\n", "\n") for each in rows["customer_id"]] == harmless
    assert set(rows["segment"]) == {"'=1"}
    assert set(rows["clv"]) == {"-2.5"}, "a number is a number"
    database.close()


def test_customers_without_a_value_are_counted_and_add_nothing(tmp_path: Path) -> None:
    unknown = content(["a", "b", "c"], clv=[1.0, None, 3.0], tier=["Silver", None, "Gold"])
    database = stored(tmp_path, unknown, {})
    reply = json.loads(OverviewCache().read(database))
    assert [(each["name"], each["customers"], each["clv"]) for each in reply["tiers"]] == [
        ("Gold", 1, 3.0),
        ("Silver", 1, 1.0),
        (None, 1, 0.0),
    ]
    assert reply["tiers"][2]["clv_mean"] is None
    assert reply["cohorts"] == [], "the batch was written without them"
    database.close()


def test_a_new_batch_is_added_up_anew(tmp_path: Path) -> None:
    database, cache = stored(tmp_path, content(["a"]), {}), OverviewCache()
    assert json.loads(cache.read(database))["total"]["clv"] == 1.0
    stored(tmp_path, content(["a", "b"], clv=7.0), {}).close()
    reply = [json.loads(cache.read(database)) for _ in range(2)]
    assert [(each["batch"]["number"], each["total"]["clv"]) for each in reply] == [(2, 14.0)] * 2
    database.close()


def test_cohorts_are_the_local_months_of_the_first_order() -> None:
    """British summer: the clock of June is an hour ahead of that of December."""
    as_of = datetime(2011, 12, 9, tzinfo=UTC)
    june, may = (
        (as_of - datetime(2011, 5, 31, 23, tzinfo=UTC)).total_seconds() / 86_400,
        (as_of - datetime(2011, 5, 31, 22, 59, 59, tzinfo=UTC)).total_seconds() / 86_400,
    )
    batch = content(["a", "b", "c"], clv=[1.0, 2.0, None])
    found = sum_cohorts(
        Content(batch.predictions, batch.features.assign(age_days=[june, may, may])),
        as_of,
        "Europe/London",
    )
    assert [(each["name"], each["customers"], each["known"]) for each in found] == [
        ("2011-05", 2, 1),
        ("2011-06", 1, 1),
    ]
    assert [each["clv"] for each in found] == [2.0, 1.0]


def test_many_months_become_quarters_and_no_age_in_none() -> None:
    as_of = datetime(2011, 12, 9, tzinfo=UTC)
    batch = content([f"c{number}" for number in range(20)])
    ages = [30.4375 * number for number in range(20)]
    found = sum_cohorts(
        Content(batch.predictions, batch.features.assign(age_days=ages)), as_of, "UTC"
    )
    assert [each["name"] for each in found][:2] == ["2010 Q2", "2010 Q3"]
    assert sum(each["customers"] for each in found) == 20
    assert sum_cohorts(Content(batch.predictions, batch.features[[]]), as_of, "UTC") == []


def test_the_pages_headers_allow_nothing_from_elsewhere(client: Any) -> None:
    for path in ("/", "/static/main.js", "/static/page.css"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
    text = client.get("/").text
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert "unsafe" not in client.get("/").headers["content-security-policy"]
