from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.config.purchases import PurchaseConfig
from features.config.sections import Economics
from features.ingest.transactions import TransactionLog
from features.simulate import simulate
from models.purchases.predictor import PurchasePredictor
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask
from train.purchases.train import train
from train.report.build import build
from train.report.chapters import value_distribution as value
from train.report.chapters.purchases import CHAPTERS
from train.report.facts.cohorts import cohorts
from train.report.facts.purchase_holdout import summarise_purchases
from train.report.facts.purchases import PurchaseFacts, PurchaseInput
from train.report.facts.shared import EarlierTiers
from train.report.facts.totals import by_group, total
from train.report.page.components import Cards, Picture, Table, Tiles
from train.report.page.number_format import Words

END = datetime(2025, 1, 1, tzinfo=UTC)
HORIZON_DAYS = 60
TERMS = Economics(margin=0.4, discount_rate_annual=0.2, retention_cost_annual=12.0)
MakeFacts = Callable[..., PurchaseFacts]


@pytest.fixture(scope="module")
def facts_of(
    settings: Callable[..., PurchaseConfig], log_of: Callable[[pd.DataFrame], TransactionLog]
) -> MakeFacts:
    """The facts of a quick training on these transactions."""

    def make(transactions: pd.DataFrame, **given: Any) -> PurchaseFacts:
        data = PurchaseSnapshots(log_of(transactions))
        economics = given.pop("economics", Economics())
        config = settings(HORIZON_DAYS, rounds=5).model_copy(update={"economics": economics})
        task = PurchaseTask(config, data, data.source.end, HORIZON_DAYS)
        trained = train(task, step=lambda _: None)
        return PurchaseFacts(
            PurchaseInput(
                bundle=trained.bundle,
                task=task,
                holdout=summarise_purchases(trained.holdout) if trained.holdout else None,
                **given,
            )
        )

    return make


def simulated(customers: int, days: int) -> pd.DataFrame:
    start = END - timedelta(days=days)
    made = simulate(customers=customers, seed=4, as_of=END, horizon_days=1, start=start)
    found = made.transactions[made.transactions["timestamp"] < END].reset_index(drop=True)
    return found.assign(category=np.where(found.index % 3 == 0, "</script><b>tea", "coffee"))


@pytest.fixture(scope="module")
def shop_facts(facts_of: MakeFacts) -> PurchaseFacts:
    """A year of four hundred customers, a margin and a cost of keeping them."""
    return facts_of(simulated(400, 365), economics=TERMS)


def rows(*buyers: tuple[str, list[float]], amount: float = 10.0) -> pd.DataFrame:
    """Transactions of (customer, days before the end)."""
    found = [(who, END - timedelta(days=back), amount) for who, days in buyers for back in days]
    return pd.DataFrame(found, columns=["customer_id", "timestamp", "amount"])


class Outline(HTMLParser):
    """What a page holds and loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = tag
        self.addresses += [
            value or "" for name, value in attrs if name in ("src", "href", "action")
        ]

    def handle_data(self, data: str) -> None:
        if self._inside not in ("script", "style"):
            self.words.append(data)


def numbers(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="numbers">(.*?)</script>', page, re.S)
    assert found
    return dict(json.loads(found[1]))


TINY = {
    "ten customers": simulated(10, 200),
    "one customer who came back": rows(("ann", [90.0, 60.0, 31.0])),
    "one customer, one purchase": rows(("ann", [40.5])),
    "one point in time": rows(*((f"c{each}", [0.5]) for each in range(5))),
    "all alike": rows(*((f"c{each}", [400.0, 200.0, 20.0]) for each in range(40))),
    "more refunds than purchases": pd.concat(
        [rows(("ann", [200.0, 90.0]), ("bob", [80.0])), rows(("ann", [50.0]), amount=-90.0)]
    ),
}


@pytest.mark.parametrize("name", TINY)
def test_every_log_that_trains_has_a_report(name: str, facts_of: MakeFacts) -> None:
    page = build(facts_of(TINY[name]), step=lambda _: None)
    taken_back = name == "more refunds than purchases"  # all that one of the two has bought
    customers = TINY[name]["customer_id"].nunique() - taken_back
    assert numbers(page)["headline"]["numbers"]["customers"] == customers
    words = " ".join(Outline(page).words)
    assert "nan" not in re.findall(r"\w+", words)
    assert "None" not in words


def test_chapters_call_for_nothing_from_outside_and_draw_only_what_is_in_the_numbers(
    shop_facts: PurchaseFacts,
) -> None:
    page = build(shop_facts, step=lambda _: None)
    outline = Outline(page)
    assert outline.addresses
    assert all(each.startswith("#") for each in outline.addresses)
    assert "default-src 'none'" in page
    assert "unsafe-eval" not in page
    assert "<b>tea" not in page
    assert len(page) < 3_000_000
    assert "tea" in " ".join(
        row["group"] for row in numbers(page)["groups"]["pictures"]["category"]
    )


def test_every_part_has_a_caption(shop_facts: PurchaseFacts) -> None:
    chapters = [found for each in CHAPTERS if (found := each(shop_facts)) is not None]
    assert len(chapters) == len(CHAPTERS)
    for chapter in chapters:
        shown = [part for part in chapter.parts if not isinstance(part, Cards | Tiles)]
        assert all(part.caption.endswith(".") and "unknown" not in part.caption for part in shown)
        for part in (each for each in shown if isinstance(each, Picture | Table) and each.rows):
            assert {column.key for column in part.columns} <= set(part.rows[0]), part.name


def test_the_sum_over_groups_is_the_whole(shop_facts: PurchaseFacts) -> None:
    for name in ("tier", "segment"):
        groups = by_group(
            shop_facts.inputs.bundle, shop_facts.predictions, shop_facts.predictions[name]
        )
        assert groups["clv"].sum() == pytest.approx(shop_facts.whole.clv)
        assert groups["customers"].sum() == shop_facts.whole.customers
        assert groups["value_share"].sum() == pytest.approx(1.0)
        assert (groups["clv_low"] <= groups["clv"]).all()
        assert (groups["clv"] <= groups["clv_high"]).all()


def test_the_interval_of_the_value_is_that_of_the_revenue_less_the_cost(
    shop_facts: PurchaseFacts,
) -> None:
    whole, cost = shop_facts.whole, shop_facts.predictions["cost"].sum()
    # 12 a year, less for who leaves and for the discount: at most 60 days of it.
    assert 0.0 < cost < whole.customers * 12 * 60 / 365.25
    worth = (whole.clv + cost) / whole.revenue
    assert 0.9 * TERMS.margin < worth < TERMS.margin
    assert whole.clv_low == pytest.approx(whole.revenue_low * worth - cost)
    assert whole.clv_high == pytest.approx(whole.revenue_high * worth - cost)


def test_a_group_of_nobody_is_worth_nothing(shop_facts: PurchaseFacts) -> None:
    nobody = total(shop_facts.inputs.bundle, shop_facts.predictions.iloc[:0])
    assert (nobody.customers, nobody.clv, nobody.revenue_high) == (0, 0.0, 0.0)


def test_predictions_are_the_models(shop_facts: PurchaseFacts) -> None:
    inputs = shop_facts.inputs
    predicted = PurchasePredictor(inputs.bundle).predict(
        shop_facts.table, as_of=inputs.as_of, economics=TERMS
    )
    pd.testing.assert_frame_equal(shop_facts.predictions[list(predicted)], predicted)


def test_bins_hold_every_customer_and_deciles_all_value(shop_facts: PurchaseFacts) -> None:
    chapter = value.chapter(shop_facts)
    assert chapter is not None
    spread, deciles = (part for part in chapter.parts if isinstance(part, Picture))
    clv = shop_facts.predictions["clv"]
    beyond = int((clv > max(row["high"] for row in spread.rows)).sum())
    assert sum(row["customers"] for row in spread.rows) + beyond == len(clv)
    assert sum(row["clv"] for row in deciles.rows) == pytest.approx(clv.sum())
    assert deciles.rows[0]["clv"] == pytest.approx(clv.nlargest(40).sum())


# Ann and Bob begin in January, Cid in March; ann comes back after 35 and 70 days, Cid at once.
STORY = pd.DataFrame(
    [
        ("ann", "2024-01-01", 10.0),
        ("ann", "2024-02-05", 20.0),
        ("ann", "2024-03-11", 30.0),
        ("bob", "2024-01-31", 40.0),
        ("bob", "2024-02-10", -40.0),
        ("cid", "2024-03-02", 5.0),
        ("cid", "2024-03-03", 5.0),
    ],
    columns=["customer_id", "timestamp", "amount"],
).assign(timestamp=lambda frame: pd.to_datetime(frame["timestamp"], utc=True))


def test_cohorts_by_hand(log_of: Callable[[pd.DataFrame], TransactionLog]) -> None:
    lines = log_of(STORY).lines
    who = pd.Index(["ann", "bob", "cid"])
    found = cohorts(lines, who, datetime(2024, 5, 2, tzinfo=UTC))
    assert found.unit == "M"
    assert found.of.to_dict() == {"ann": "Jan 2024", "bob": "Jan 2024", "cid": "Mar 2024"}
    # Bob began on 31 January, 92 days ago, so that two whole months after the first are over.
    assert found.retention().loc["Jan 2024"].tolist()[:2] == [0.5, 0.5]
    assert found.retention().loc["Mar 2024"].tolist()[0] == 0.0
    assert np.isnan(found.retention().loc["Mar 2024"].tolist()[1])
    # Within the first 30.4 days 10 + 40 - 40 of two; then 20 more, then 30.
    assert found.value().loc["Jan 2024"].tolist() == pytest.approx([5.0, 15.0, 30.0])
    assert found.value().loc["Mar 2024"].tolist()[0] == pytest.approx(10.0)


@pytest.mark.parametrize(("days", "unit"), [(200, "M"), (900, "Q"), (3000, "Y")])
def test_cohorts_are_few_however_long_the_log(
    days: int, unit: str, log_of: Callable[[pd.DataFrame], TransactionLog]
) -> None:
    lines = log_of(rows(*((f"c{each}", [each * days / 60]) for each in range(1, 61)))).lines
    found = cohorts(lines, pd.Index(lines["customer_id"].unique()), END)
    assert found.unit == unit
    assert len(found.labels) <= 14


def test_tier_changes_are_those_since_an_earlier_batch(facts_of: MakeFacts) -> None:
    made = simulated(60, 365)
    first = facts_of(made)
    tiers = first.predictions["tier"]
    then = pd.DataFrame({"tier": tiers.where(tiers != "Platinum", "Bronze"), "clv": 1.0})
    then = then.drop(index=tiers.index[0])
    earlier = EarlierTiers(as_of=END - timedelta(days=30), customers=then)
    page = numbers(build(facts_of(made, previous=earlier), step=lambda _: None))["moves"]
    best = int((tiers.drop(tiers.index[0]) == "Platinum").sum())
    assert page["numbers"] | {"rose": best, "new": 1, "fell": 0} == page["numbers"]
    assert len(page["tables"]["rising"]) == min(10, best)
    assert page["tables"]["falling"] == []


def test_customers_are_numbered_where_they_must_not_be_named(facts_of: MakeFacts) -> None:
    made = simulated(60, 365).assign(customer_id=lambda frame: "who-" + frame["customer_id"])
    assert "who-" in build(facts_of(made), step=lambda _: None)
    assert "who-" not in build(facts_of(made, named=False), step=lambda _: None)


WRITTEN = {
    ("money", 1_263_310.6): "£1.26m",
    ("money", 999_960.0): "£1.00m",
    ("money", 911_305.0): "£911k",
    ("money", 99_949.6): "£99,950",
    ("money", 12_345_678_900.0): "£12.3bn",
    ("money", -48_310.4): "\u2212£48,310",
    ("exact", 1_263_310.6): "£1,263,311",
    ("exact", 4.2): "£4.20",
    ("exact", 99.996): "£100",
    ("exact", -0.001): "£0",
    ("money", 0.0): "£0",
    ("percent", 0.256): "26\u00a0%",
    ("percent", 0.004): "under 1\u00a0%",
    ("percent", 0.999): "over 99\u00a0%",
    ("percent", 1.0): "100\u00a0%",
    ("percent", -0.08): "\u22128\u00a0%",
    ("days", 1): "1 day",
    ("count", 1234.4): "1,234",
    ("money", float("nan")): "unknown",
    ("count", None): "unknown",
}


@pytest.mark.parametrize(("kind", "number"), WRITTEN)
def test_numbers_are_written_for_people(kind: str, number: float) -> None:
    assert Words("GBP").fill(f"{{it:{kind}}}", it=number) == WRITTEN[kind, number]


def test_a_currency_without_a_sign_is_named() -> None:
    assert Words("CHF").money(12.5) == "CHF 12.50"
