from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser

from features.config.read import read_subscription_config
from features.ingest.subscribers import read_subscribers
from features.subscriptions.table import build_features
from models import bundle as bundles
from models.intervals import NORMAL_80
from models.predictor import predictor_of
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.predictor import SubscriptionPredictor
from train.report.build import build
from train.report.chapters.subscriptions.retention import attribute_importance
from train.report.facts.subscription_holdout import summarise_subscriptions
from train.report.facts.subscriptions import SubscriptionFacts, SubscriptionInput
from train.subscriptions.person_months import survived
from train.subscriptions.snapshot_cache import SubscriptionSnapshots, SubscriptionTask
from train.subscriptions.train import train

TELCO = Path(__file__).resolve().parents[3] / "configs" / "telco.toml"
EXACT = {"rel": 1e-9, "abs": 1e-9}


class Predicted(NamedTuple):
    """The registered bundle, its table and its predictions, worked out apart from the report."""

    bundle: SubscriptionBundle
    table: pd.DataFrame
    predictions: pd.DataFrame


@pytest.fixture(scope="module")
def subscribed(make_reported: Callable[..., Any]) -> Any:
    """A fifth of the Telco customers, under hostile names, trained on and reported."""

    def write(folder: Path) -> Path:
        source = TELCO.parent.parent / "data" / "telco.parquet"
        table = pd.read_parquet(source).iloc[::5]
        table = table.assign(customer_id="who-<b>" + table["customer_id"])
        table.to_parquet(folder / "telco.parquet")
        text = TELCO.read_text(encoding="utf-8")
        text = text.replace("data/telco.parquet", str(folder / "telco.parquet"))
        config = folder / "telco.toml"
        config.write_text(f"{text}\n[churn]\nmax_rounds = 10\n[economics]\nmargin = 0.3\n")
        return config

    return make_reported("subscribed", write)


@pytest.fixture(scope="module")
def predicted(subscribed: Any) -> Predicted:
    config = read_subscription_config(subscribed.config)
    subscriptions = read_subscribers(config.data)
    (card,) = (subscribed.var / "artifacts").rglob("bundle/card.json")
    bundle = bundles.load(card.parent)
    assert isinstance(bundle, SubscriptionBundle)
    table = build_features(subscriptions, subscriptions.end)
    return Predicted(bundle, table, SubscriptionPredictor(bundle).predict(table))


def test_the_numbers_are_the_models(subscribed: Any, predicted: Predicted) -> None:
    assert (subscribed.trained.code, subscribed.written.code) == (0, 0)
    shown, answers = subscribed.numbers, predicted.predictions
    head = shown["headline"]["numbers"]
    assert head["clv"] == pytest.approx(answers["clv"].sum(), **EXACT)
    assert head["median"] == pytest.approx(answers["clv"].median(), **EXACT)
    assert head["leaving"] == pytest.approx(answers["p_churn"].sum(), **EXACT)
    assert [head[f"revenue{end}"] for end in ("", "_low", "_high")] == pytest.approx(
        predictor_of(predicted.bundle).total_revenue(answers), **EXACT
    )
    months = shown["headline"]["pictures"]["months"]
    assert sum(row["money"] for row in months) == pytest.approx(head["revenue"])
    best = answers.nlargest(20, "clv")
    table = shown["whales"]["tables"]["list"]
    assert [row["customer"] for row in table] == best.index.tolist()
    for name in ("clv", "clv_low", "clv_high", "p_churn", "clv_historic"):
        assert [row[name] for row in table] == pytest.approx(best[name].tolist(), **EXACT)
    for row in shown["groups"]["pictures"]["tier"]:
        place = ["Platinum", "Gold", "Silver", "Bronze"].index(row["group"])
        quarter = answers["clv"].rank(pct=True, ascending=False)
        inside = (quarter > place / 4) & (quarter <= (place + 1) / 4)
        assert row["clv"] == pytest.approx(answers.loc[inside, "clv"].sum(), rel=0.01)


def test_value_and_churn_by_attribute_are_the_models(subscribed: Any, predicted: Predicted) -> None:
    retention = subscribed.numbers["retention"]
    first = retention["tables"]["attributes"][0]
    name = first["attribute"].replace(" ", "_")
    groups = predicted.predictions.groupby(predicted.table[name])
    pictured = {row["group"]: row for row in retention["pictures"][name]}
    assert {key: row["clv"] for key, row in pictured.items()} == pytest.approx(
        groups["clv"].sum().to_dict(), **EXACT
    )
    risks = groups["p_churn"].mean()
    assert (first["riskiest"], first["safest"]) == (risks.idxmax(), risks.idxmin())
    assert (first["risk"], first["low_risk"]) == pytest.approx((risks.max(), risks.min()))
    tenures = retention["pictures"]["year as a customer"]
    assert sum(row["clv"] for row in tenures) == pytest.approx(predicted.predictions["clv"].sum())


def test_the_interval_of_the_sum_is_that_of_more_and_fewer_departures(
    subscribed: Any, predicted: Predicted
) -> None:
    """The same as if the card itself predicted that all leave more easily, or less."""
    card, shown = predicted.bundle.card, subscribed.numbers["headline"]["numbers"]
    own = np.sum(
        ((predicted.predictions["clv_high"] - predicted.predictions["clv_low"]) / 2.0) ** 2
    )
    for end, sign in (("clv_low", 1.0), ("clv_high", -1.0)):
        by = sign * NORMAL_80 * card.level_sd
        moved = card.model_copy(
            update={
                "churn": card.churn.model_copy(update={"shift": card.churn.shift + by}),
                "prior": card.prior.model_copy(update={"floor": card.prior.floor + by}),
            }
        )
        bundle = SubscriptionBundle(moved, predicted.bundle.churn)
        worth = SubscriptionPredictor(bundle).predict(predicted.table)["clv"].sum()
        off = np.hypot(worth - shown["clv"], np.sqrt(own))
        assert shown[end] == pytest.approx(shown["clv"] - sign * off)


def test_the_curve_of_survival_is_kaplan_and_meiers(subscribed: Any, predicted: Predicted) -> None:
    rows = pd.DataFrame(subscribed.numbers["retention"]["pictures"]["survival"])
    shown = {name: each.set_index("x")["y"] for name, each in rows.groupby("series")}
    table = pd.read_parquet(subscribed.config.with_name("telco.parquet"))
    tenure = table["tenure_months"].where(~table["churned"], table["tenure_months"].clip(lower=1))
    expected = 1.0
    for month in range(1, 25):
        left = (table["churned"] & (tenure == month)).sum()
        expected *= 1.0 - left / (tenure >= month).sum()
        assert shown["observed (Kaplan-Meier)"][month] == pytest.approx(expected)
    law = shown["shifted beta-geometric"]
    assert law.to_numpy() == pytest.approx(predicted.bundle.card.prior.model.survival(law.index))


def test_the_holdout_evaluation_is_that_of_the_training(subscribed: Any) -> None:
    trust, metrics = subscribed.numbers["trust"]["numbers"], subscribed.trained.result["metrics"]
    assert trust["auc"] == pytest.approx(metrics["churn_month_auc"])
    assert (
        trust["left"]
        == pd.read_parquet(subscribed.config.with_name("telco.parquet"))["churned"].sum()
    )
    assert "look easier to predict than they were" in subscribed.page


def test_what_belongs_to_purchases_is_left_out(subscribed: Any) -> None:
    chapters = ["headline", "value", "groups", "retention", "whales", "trust", "quality"]
    assert list(subscribed.numbers) == chapters
    words = re.sub(r"<(script|style).*?</\1>", "", subscribed.page, flags=re.S)
    assert not re.search(r"\b(order|orders|ordered|log|nan|None|segment)\b", words)


def test_the_runs_report_names_nobody(subscribed: Any) -> None:
    assert "who-" not in subscribed.attached.read_text(encoding="utf-8")
    assert "who-" in subscribed.page


@pytest.mark.parametrize("which", ["out", "attached"])
def test_it_opens_without_a_network_or_a_complaint(
    which: str, subscribed: Any, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    events: list[str] = []
    page.on("console", lambda each: events.append(each.text))
    page.on("pageerror", lambda each: events.append(str(each)))
    page.on("request", lambda each: events.append(each.url))
    page.goto(getattr(subscribed, which).as_uri())
    page.wait_for_selector("body[data-ready=yes]", timeout=30_000)
    assert events == [page.url]
    assert page.locator("[data-picture].drawn").count() == 11
    assert page.locator("[data-picture]:not(.drawn)").count() == 0
    assert page.locator("header b >> text=who-").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()


def test_tier_changes_since_an_earlier_batch(
    subscribed: Any, predicted: Predicted, run_command: Callable[..., Any], tmp_path: Path
) -> None:
    scores = predicted.predictions[["clv"]].assign(tier="Bronze", as_of="2017-10-01T00:00:00+00:00")
    scores.reset_index().to_csv(tmp_path / "scores.csv", index=False)
    out = tmp_path / "report.html"
    found = run_command(
        *("report", "--config", str(subscribed.config), "--out", str(out)),
        *("--previous", str(tmp_path / "scores.csv")),
        var=subscribed.var,
    )
    assert found.code == 0
    assert re.search(r"Since 1 Oct 2017, [1-9]\d* customers rose", out.read_text("utf-8"))


def test_a_model_of_the_other_kind_is_refused(
    subscribed: Any, reported: Any, run_command: Callable[..., Any], tmp_path: Path
) -> None:
    for mine, other in ((subscribed, reported), (reported, subscribed)):
        out = ("--out", str(tmp_path / "report.html"))
        found = run_command("report", "--config", str(mine.config), *out, var=other.var)
        assert found.code == 2
        assert "the model is one of" in found.stderr.splitlines()[-1]
        assert "reading" not in found.stderr, "the data are read only for a model that fits them"


def dated(folder: Path, until: str) -> tuple[SubscriptionInput, bool]:
    """Four hundred who begin and leave at dates, trained on; and whether there was a holdout."""
    rng = np.random.default_rng(2)
    start = pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.integers(0, 900, 400), "D")
    end = pd.Series(start + pd.to_timedelta(31 * rng.geometric(0.05, 400), "D"))
    left = end.where(end < pd.Timestamp("2025-01-01"))
    who = [f"c{each}" for each in range(400)]
    table = pd.DataFrame({"who": who, "since": start, "fee": 10.0, "until": left.fillna(until)})
    table.to_parquet(folder / "dated.parquet")
    (folder / "dated.toml").write_text(
        f"""
        data.customers = "{folder / "dated.parquet"}"
        data.known_until = "2025-01-01"
        data.columns = {{customer_id = "who", start = "since", amount = "fee", cancelled = "until"}}
        problem = {{ relationship = "contract", horizon_days = 180 }}
        churn = {{ max_rounds = 5 }}
        """
    )
    config = read_subscription_config(folder / "dated.toml")
    data = SubscriptionSnapshots(read_subscribers(config.data))
    task = SubscriptionTask(config, data, pd.Timestamp("2025-01-01", tz="UTC"), 180)
    trained = train(task, step=lambda _: None)
    inputs = SubscriptionInput(
        bundle=trained.bundle,
        task=task,
        holdout=summarise_subscriptions(trained.holdout) if trained.holdout else None,
    )
    return inputs, trained.holdout is not None


def test_a_horizon_is_evaluated_in_money_too(tmp_path: Path) -> None:
    """Where starts have dates; there are no attributes."""
    inputs, evaluated = dated(tmp_path, "2025-06-01")
    assert evaluated
    page = build(SubscriptionFacts(inputs), step=lambda _: None)
    assert "Evaluated on" in page
    assert "Expected and actual revenue" in page
    assert "Of all attributes" not in page
    alone = replace(inputs, holdout=None)
    assert "no holdout to evaluate on" in build(SubscriptionFacts(alone), step=lambda _: None)


def test_a_report_of_nobody_who_stayed(tmp_path: Path) -> None:
    inputs, _ = dated(tmp_path, "2024-12-30")
    page = build(SubscriptionFacts(inputs), step=lambda _: None)
    assert "expected from 0 customers" in page
    assert 'id="retention"' in page
    assert "all of 400 customers have cancelled" in page
    assert 'id="whales"' not in page


def test_survival_and_the_importance_of_attributes_by_hand() -> None:
    # Four begin; one leaves in the first month, one is censored, one leaves in the second.
    month = pd.Series([1, 1, 1, 1, 2, 2])
    left = pd.DataFrame({"left": [1, 0, 0, 0, 1, 0]})
    assert survived(left, month)["left"].to_dict() == {0.0: 1.0, 1.0: 0.75, 2.0: 0.375}
    risks = pd.Series([0.1, 0.1, 0.3, 0.3])
    table = pd.DataFrame({"all": list("aabb"), "none": list("abab"), "one": list("aaaa")})
    importance = attribute_importance(table, risks, list(table))
    assert importance["told"].to_dict() == pytest.approx({"all": 1.0, "none": 0.0})
    assert importance.loc["all", ["riskiest", "safest"]].tolist() == ["b", "a"]
