from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page

from features.config.read import read_purchase_config
from features.ingest.transactions import read_transactions
from features.purchases.table import build_features
from models import bundle as bundles
from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor
from models.segmentation.assign import assign_tiers_and_segments
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask
from train.purchases.train import TrainedPurchases
from train.report.run_report import log_report


class Outline(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def predicted(reported: Any) -> tuple[PurchaseBundle, pd.DataFrame]:
    """The registered bundle and its predictions, worked out apart from the report."""
    config = read_purchase_config(reported.config)
    log = read_transactions(config.data)
    (card,) = (reported.var / "artifacts").rglob("bundle/card.json")
    bundle = bundles.load(card.parent)
    assert isinstance(bundle, PurchaseBundle)
    table = build_features(log.lines, log.end)
    predictions = PurchasePredictor(bundle).predict(
        table, as_of=log.end, horizon_days=60, economics=config.economics
    )
    assert bundle.card.bounds
    return bundle, predictions.join(
        assign_tiers_and_segments(table, predictions["clv"], bundle.card.bounds)
    )


def test_both_commands_succeed_and_print_where_the_report_is(reported: Any) -> None:
    assert (reported.trained.code, reported.written.code) == (0, 0)
    result = reported.written.result
    assert (result["out"], result["version"]) == (str(reported.out), "1")
    assert result["customers"] == reported.numbers["headline"]["numbers"]["customers"]
    assert f"wrote {reported.out}" in reported.written.stderr


def test_the_numbers_are_the_models(
    reported: Any, predicted: tuple[PurchaseBundle, pd.DataFrame]
) -> None:
    bundle, predictions = predicted
    shown, result = reported.numbers, reported.written.result
    head = shown["headline"]["numbers"]
    revenue, low, high = PurchasePredictor(bundle).total_revenue(predictions)
    exact = {"rel": 1e-9, "abs": 1e-9}
    assert head["clv"] == pytest.approx(predictions["clv"].sum(), **exact)
    assert head["median"] == pytest.approx(predictions["clv"].median(), **exact)
    assert [head[f"revenue{end}"] for end in ("", "_low", "_high")] == pytest.approx(
        [revenue, low, high], **exact
    )
    assert (result["clv"], result["expected_revenue"]) == (head["clv"], head["revenue"])
    best = predictions.nlargest(20, "clv")
    table = shown["whales"]["tables"]["list"]
    for name in ("clv", "clv_low", "clv_high", "p_churn", "clv_historic"):
        assert [row[name] for row in table] == pytest.approx(best[name].tolist(), **exact)
    assert [row["customer"] for row in table] == best.index.tolist()
    for name in ("tier", "segment"):
        sums = predictions.groupby(name)["clv"].sum()
        pictured = {row["group"]: row["clv"] for row in shown["groups"]["pictures"][name]}
        assert pictured == pytest.approx(sums.to_dict(), **exact)


def test_the_health_check_is_counted_in_the_card_and_told_in_the_report(reported: Any) -> None:
    log = pd.read_parquet(reported.config.with_name("log.parquet"))
    (unread,) = (name for name in log if str(name).startswith("state "))
    failed = int(((log[unread] == "failed") & (log["amount"] > 0)).sum())
    assert 150 < failed <= 200
    assert reported.trained.result["findings"] == {"status_unread": failed}
    assert f"say 'failed' in column {unread}, which no key reads" in reported.trained.stderr
    (card,) = (reported.var / "artifacts").rglob("bundle/card.json")
    counts = json.loads(card.read_text())["training"]["counts"]
    assert counts["finding: status_unread"] == failed
    assert counts["rows_read"] == reported.trained.result["counts"]["rows_read"]
    quality = reported.numbers["quality"]
    assert quality["numbers"]["findings"] == 1
    (row,) = quality["tables"]["findings"]
    assert (row["name"], row["number"]) == ("status_unread", failed)
    assert unread in row["meaning"]
    assert "The health check of the data has 1 to report" in reported.page
    assert unread not in reported.page


def test_months_add_up_to_what_is_expected_and_to_what_came(reported: Any) -> None:
    rows = reported.numbers["headline"]["pictures"]["months"]
    coming = [row["money"] for row in rows if row["kind"].startswith("expected")]
    assert sum(coming) == pytest.approx(reported.numbers["headline"]["numbers"]["revenue"])
    log = pd.read_parquet(reported.config.with_name("log.parquet"))
    came = sum(row["money"] for row in rows) - sum(coming)
    # Months are counted back from as_of: the first of them begins on a day that is partly before.
    assert came == pytest.approx(log.loc[log["ts"] > rows[0]["start"], "amount"].sum())


def test_the_holdout_evaluation_is_that_of_the_training(reported: Any) -> None:
    trust = reported.numbers["trust"]
    metrics = reported.trained.result["metrics"]
    assert trust["numbers"]["covered"] == pytest.approx(metrics["clv_interval_coverage"])
    assert trust["numbers"]["top_share"] == pytest.approx(metrics["clv_top_decile_capture"])
    off = trust["numbers"]["expected"] / trust["numbers"]["came"] - 1.0
    assert off == pytest.approx(metrics["clv_bias"])


@pytest.mark.parametrize("which", ["out", "attached"])
def test_a_page_needs_no_network_and_runs_only_its_own_scripts(reported: Any, which: str) -> None:
    path = getattr(reported, which)
    page = path.read_text(encoding="utf-8")
    elements = Outline(page).elements
    addresses = [each.get("src") or each.get("href") for _, each in elements]
    assert all(each.startswith("#") for each in addresses if each)
    assert not {"img", "link", "iframe", "form", "object"} & {tag for tag, _ in elements}
    (policy,) = (
        each["content"]
        for tag, each in elements
        if tag == "meta" and each.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy
    assert "default-src 'none'" in policy
    assert not re.search(r"http|unsafe-eval|script-src[^;]*unsafe", policy)
    kinds = [each.get("type") for tag, each in elements if tag == "script"]
    assert kinds == ["application/json", "application/json", None, None]
    assert path.stat().st_size < 3_000_000


def test_the_runs_report_names_nobody(reported: Any) -> None:
    page = reported.attached.read_text(encoding="utf-8")
    assert "who-" not in page
    assert "alert(1)" not in page
    assert "who-" in reported.page


def test_countries_come_from_the_source(reported: Any) -> None:
    groups = {row["group"] for row in reported.numbers["groups"]["pictures"]["country"]}
    assert groups == {"Utopia", "<b>Erewhon"}
    assert "<b>Erewhon" not in reported.page


def test_tier_changes_since_an_earlier_batch(
    reported: Any,
    predicted: tuple[PurchaseBundle, pd.DataFrame],
    run_command: Callable[..., Any],
    tmp_path: Path,
) -> None:
    predictions = predicted[1]
    scores = predictions[["tier", "clv"]].reset_index().assign(as_of="1998-06-01T00:00:00+00:00")
    scores.to_csv(tmp_path / "scores.csv", index=False)
    out = tmp_path / "report.html"
    found = run_command(
        *("report", "--config", str(reported.config), "--out", str(out)),
        *("--previous", str(tmp_path / "scores.csv"), "--model", "models:/clv/1"),
        var=reported.var,
    )
    assert found.code == 0
    assert "Since 1 Jun 1998, 0 customers rose" in out.read_text(encoding="utf-8")


REFUSALS = {
    "no such model": (["--model", "models:/clv/99"], "models:/clv/99: no such model"),
    "no such alias": (["--model", "models:/clv@nobody"], "models:/clv@nobody: no such model"),
    "no address": (["--model", "clv"], "--model must be models:/name@alias"),
    "no bundle": (["--model", "."], "card.json: cannot be read"),
    "no scores": (["--previous", "none.parquet"], "none.parquet: cannot be read as scores"),
    "other scores": (["--previous", "log.parquet"], "log.parquet: holds no as_of, tier, clv"),
    "after the end": (["--as-of", "2030-01-01"], "lies after the log's end"),
    "a folder": (["--out", "."], "is a folder"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    case: str,
    reported: Any,
    run_command: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "log.parquet").symlink_to(reported.config.with_name("log.parquet"))
    monkeypatch.chdir(tmp_path)
    argv, sentence = REFUSALS[case]
    out = [] if "--out" in argv else ["--out", "report.html"]
    found = run_command("report", "--config", str(reported.config), *out, *argv, var=reported.var)
    assert (found.code, found.result) == (2, {})
    assert sentence in found.stderr.splitlines()[-1]
    assert "Traceback" not in found.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["log.parquet"]


def test_a_store_that_is_not_there_is_not_made_by_looking(
    reported: Any, run_command: Callable[..., Any], tmp_path: Path
) -> None:
    out = ("--out", str(tmp_path / "report.html"))
    found = run_command("report", "--config", str(reported.config), *out, var=tmp_path / "none")
    assert found.code == 2
    assert "no tracking store there yet" in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_written_fails_no_training(
    reported: Any,
    predicted: tuple[PurchaseBundle, pd.DataFrame],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    left: list[Any] = []
    monkeypatch.setattr("train.tracking.runs.log", left.append)
    bundle, config = predicted[0], read_purchase_config(reported.config)
    card = bundle.card.model_copy(update={"prior": None})
    trained = TrainedPurchases(PurchaseBundle(card, bundle.churn, bundle.spend), {}, None)
    log = read_transactions(config.data)
    log_report(trained, PurchaseTask(config, PurchaseSnapshots(log), log.end, 60))
    assert [each.texts for each in left] == [{}]
    assert "the run has no report" in caplog.text


def test_a_configuration_is_read_before_a_model_is_looked_for(
    run_command: Callable[..., Any], tmp_path: Path
) -> None:
    out = ("--out", str(tmp_path / "report.html"))
    found = run_command("report", "--config", "none.toml", *out, var=tmp_path / "empty")
    assert found.code == 2
    assert found.stderr.startswith("none.toml: no such file")


def test_a_model_in_another_currency_is_refused(
    reported: Any, run_command: Callable[..., Any], tmp_path: Path
) -> None:
    config = tmp_path / "problem.toml"
    config.write_text(reported.config.read_text().replace('"USD"', '"EUR"'))
    out = ("--out", str(tmp_path / "report.html"))
    found = run_command("report", "--config", str(config), *out, var=reported.var)
    assert found.code == 2
    assert "data.currency is EUR, the model answers in USD" in found.stderr


WIDTHS = {"a screen": 1280, "a phone": 360}


@pytest.fixture(scope="module", params=["out", "attached"])
def opened(request: pytest.FixtureRequest, reported: Any, browser: Browser) -> Iterator[Page]:
    """A report opened from disk; what it complains of and asks for is kept with the page."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    events: list[str] = []
    page.on("console", lambda each: events.append(f"{each.type}: {each.text}"))
    page.on("pageerror", lambda each: events.append(str(each)))
    page.on("dialog", lambda each: events.append(f"dialog: {each.message}"))
    page.on("request", lambda each: events.append(each.url))
    page.goto(getattr(reported, request.param).as_uri())
    page.wait_for_selector("body[data-ready=yes]", timeout=30_000)
    assert events == [page.url]
    yield page
    page.close()


def test_every_picture_is_drawn_on_a_screen_and_on_a_phone(opened: Page) -> None:
    for width in WIDTHS.values():
        opened.set_viewport_size({"width": width, "height": 800})
        assert opened.locator("[data-picture]").count() >= 13
        assert opened.locator("[data-picture]:not(.drawn)").count() == 0
        marks = opened.locator("[data-picture] svg").evaluate_all(
            "all => all.map(each => each.querySelectorAll('path, text').length)"
        )
        assert min(marks) > 5
        assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_a_name_that_wants_to_be_code_is_only_a_name(opened: Page, reported: Any) -> None:
    named = opened.url == reported.out.as_uri()
    listed = opened.locator("#whales .tabled td.id").all_inner_texts()
    assert any("<img src=x onerror=alert(1)>" in each for each in listed) is named
    opened.set_viewport_size({"width": 1280, "height": 800})
    opened.wait_for_timeout(300)
    drawn = opened.locator("#whales svg text").all_text_contents()
    assert any("</script><img" in each for each in drawn) is named
    assert opened.locator("img").count() == 0


def test_numbers_of_a_picture_can_be_read_without_it(opened: Page) -> None:
    opened.locator("#value summary").first.click()
    assert opened.locator("#value details[open] tbody tr").count() > 5


def test_it_prints_with_all_its_pictures(opened: Page) -> None:
    opened.emulate_media(media="print")
    assert not opened.locator("nav").is_visible()
    assert opened.locator("#value svg").first.is_visible()
    assert len(opened.pdf()) > 50_000
