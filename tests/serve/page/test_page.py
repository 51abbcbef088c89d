"""The page in a real browser: it shows what the API returns."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pandas as pd
import pytest
from playwright.sync_api import expect

from models.purchases.predictor import PurchasePredictor
from serve.store import publish as store_scores
from serve.store.batch import BatchOrigin, Content
from serve.store.database import Database

HOSTILE = [
    "<img src=x onerror=window.broken=1>",
    "'\"><script>window.broken=1</script>",
    "a/b\\c?d=1&e#f%2F%",
    "\u202eemoji \N{SEEDLING}",
    "=1+1",
    "x" * 600,
]


@pytest.fixture(scope="module")
def api(starting: Any, server: Any, scored: dict[str, Any]) -> Iterator[httpx.Client]:
    """The API of a server with scores; the other one starts meanwhile."""
    with httpx.Client(base_url=server.address, timeout=30) as client:
        yield client


@pytest.fixture
def tab(open_tab: Callable[..., Any], api: httpx.Client) -> Any:
    return open_tab(str(api.base_url))


@pytest.fixture(scope="module")
def best(api: httpx.Client) -> str:
    """The most valuable customer."""
    return str(api.get("/customers?limit=1").json()["customers"][0]["customer_id"])


def asked(api: httpx.Client, customer_id: str, query: str = "") -> Any:
    path = f"/customers/{quote(customer_id, safe='')}?curve=true&explain=true&history=true&{query}"
    return api.get(path).json()


def test_a_customer_is_found_and_every_number_is_the_apis(
    tab: Any, api: httpx.Client, best: str
) -> None:
    tab.open()
    box = tab.page.get_by_label("Find a customer by id")
    box.fill(best[:-1])
    expect(tab.page.locator(f'#search-ids option[value="{best}"]')).to_be_attached()
    box.fill(best)
    box.press("Enter")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text(f"Customer {best}")
    reply = asked(api, best)
    [expected] = reply["predictions"]
    tab.until(lambda: tab.numbers("clv", ".figures") == [expected["clv"]])
    for name in ("p_churn", "expected_spend", "expected_revenue", "clv_low", "clv_high"):
        assert tab.numbers(name, ".figures") == [expected[name]], name
    for name in ("clv_historic", "clv_total", "clv_net"):
        assert tab.numbers(name, ".figures") == [expected[name]], name
    for name in ("expected_revenue", "discounted_value", "survival"):
        shown = tab.numbers(name, 'table[data-name="curve"]')
        assert shown == [each[name] for each in expected["curve"]]
    next_order = tab.page.locator('[data-name="next_order_date"]').get_attribute("datetime")
    assert next_order == expected["next_order_date"] >= reply["as_of"]
    words = tab.page.locator(".drivers li").all_inner_texts()
    assert sorted(words) == sorted(each["words"] for each in expected["explanation"]["drivers"])
    past = 'table[data-name="history"]'
    assert tab.numbers("clv", past) == [each["clv"] for each in reply["history"]]
    for name in ("tier", "segment"):
        assert (
            tab.page.locator(f'.names [data-name="{name}"]').inner_text()
            == reply["history"][0][name]
        )
    assert tab.page.locator("svg.curve rect.value").count() == len(expected["curve"])


def test_other_terms_move_the_prediction_through_the_api(
    tab: Any, api: httpx.Client, best: str
) -> None:
    def shows(query: str, name: str = "clv") -> None:
        expected = asked(api, best, query)["predictions"][0]
        tab.until(lambda: tab.numbers(name, ".figures") == [expected[name]])

    tab.open(f"customer/{best}?margin=0.4")
    shows("margin=0.4")
    tab.page.locator('[data-term="acquisition_cost"]').fill("12.5")
    shows("margin=0.4&acquisition_cost=12.5", "clv_net")
    assert tab.page.url.endswith("?margin=0.4&acquisition_cost=12.5")
    tab.page.get_by_label("Discount, % a year").fill("20")
    shows("margin=0.4&acquisition_cost=12.5&discount_rate_annual=0.2")
    tab.page.get_by_role("slider", name="Horizon").press("ArrowRight")
    shows("margin=0.4&acquisition_cost=12.5&discount_rate_annual=0.2&horizon_days=61")
    tab.page.reload()
    shows("margin=0.4&acquisition_cost=12.5&discount_rate_annual=0.2&horizon_days=61")
    tab.page.locator('[data-term="margin"]').fill("200")
    sentence = "economics.margin must be at most 1"
    expect(tab.page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    tab.page.get_by_role("button", name="As it was scored").click()
    shows("")
    assert tab.page.url.endswith(f"#/customer/{best}")
    expect(tab.page.get_by_text(sentence)).to_have_count(0)


def test_the_overview_adds_up_and_leads_to_the_list(tab: Any, api: httpx.Client) -> None:
    tab.open()
    expected = api.get("/overview").json()
    assert tab.numbers("customers", ".cards") == [expected["total"]["customers"]]
    assert tab.numbers("clv", ".cards") == [expected["total"]["clv"]]
    for name in ("tiers", "segments", "cohorts"):
        within = f'table[data-name="{name}"]'
        for column in ("customers", "clv", "clv_mean", "p_churn_mean"):
            assert tab.numbers(column, within) == [each[column] for each in expected[name]]
    tier = expected["tiers"][1]
    tab.page.get_by_role("link", name=tier["name"]).click()
    tab.until(lambda: tab.numbers("total") == [tier["customers"]])
    expect(tab.page.get_by_label("Tier")).to_have_value(tier["name"])
    tab.page.go_back()
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Your customers")


def test_the_list_is_sorted_filtered_and_paged(tab: Any, api: httpx.Client) -> None:
    def shows(query: str) -> None:
        expected = api.get(f"/customers?limit=25&{query}").json()
        ids = [each["customer_id"] for each in expected["customers"]]
        tab.until(lambda: tab.page.locator(".customers .id").all_inner_texts() == ids)
        assert tab.numbers("clv", ".customers") == [each["clv"] for each in expected["customers"]]
        assert tab.numbers("total") == [expected["total"]]

    tab.open("list")
    shows("sort=clv")
    tab.page.get_by_role("button", name="Next").click()
    shows("sort=clv&offset=25")
    risk = tab.page.get_by_role("button", name="churn risk")
    risk.click()
    shows("sort=p_churn&descending=true")
    expect(risk).to_be_focused()
    risk.press("Enter")
    shows("sort=p_churn&descending=false")
    heading = tab.page.get_by_role("columnheader", name="churn risk")
    expect(heading).to_have_attribute("aria-sort", "ascending")
    tab.page.go_back()
    shows("sort=p_churn&descending=true")
    tab.page.get_by_label("Tier").select_option("Gold")
    shows("sort=p_churn&tier=Gold")
    tab.page.get_by_label("Churn risk").select_option("0.5")
    tab.page.get_by_label("Id contains").press_sequentially("1")
    shows("sort=p_churn&tier=Gold&min_p_churn=0.5&search=1")
    tab.page.reload()
    shows("sort=p_churn&tier=Gold&min_p_churn=0.5&search=1")


def test_the_filtered_list_is_saved_as_a_file(tab: Any, api: httpx.Client) -> None:
    tab.open("list?tier=Gold&sort=customer_id&descending=false&search=1")
    with tab.page.expect_download() as saved:
        tab.page.get_by_role("button", name="Download as CSV").click()
    text = saved.value.path().read_text(encoding="utf-8-sig")
    assert saved.value.suggested_filename == "customers.csv"
    query = "tier=Gold&sort=customer_id&descending=false&search=1"
    expected = api.get(f"/customers?{query}&limit=1000").json()
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [each["customer_id"] for each in lines] == [
        each["customer_id"] for each in expected["customers"]
    ]
    assert [float(each["clv"]) for each in lines] == [each["clv"] for each in expected["customers"]]


def test_an_unknown_customer_has_its_own_message(tab: Any, api: httpx.Client, best: str) -> None:
    tab.open(f"customer/{best[:-1]}")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text(f"No customer {best[:-1]}")
    sentence = api.get(f"/customers/{best[:-1]}").json()["error"]["message"]
    expect(tab.page.get_by_text(sentence)).to_be_visible()
    tab.page.get_by_role("link", name=best, exact=True).click()
    expect(tab.page.get_by_role("heading", level=1)).to_have_text(f"Customer {best}")


def test_customers_of_ones_own_can_be_tried_out(tab: Any) -> None:
    tab.open("try")
    tab.page.get_by_role("button", name="Predict").click()
    rows = tab.page.locator('table[data-name="predictions"] tbody tr')
    expect(rows).to_have_count(3)
    tab.page.get_by_label("What is sent").fill("{}")
    tab.page.get_by_role("button", name="Predict").click()
    expect(tab.page.get_by_role("alert")).to_contain_text("customers is missing")


def test_nothing_is_wider_than_a_phone(tab: Any, best: str) -> None:
    shown = {
        "": "Cohorts",
        "list": "Next",
        f"customer/{best}": "What is known",
        "customer/nobody": "All customers of the last batch",
        "try": "For programs",
        "nowhere": "There is no such view",
    }
    for place, text in shown.items():
        tab.open(place)
        expect(tab.page.get_by_text(text).first).to_be_visible()
        for width in (375, 320):
            tab.page.set_viewport_size({"width": width, "height": 700})
            wide = tab.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, (place, width)


def test_a_keyboard_is_enough(tab: Any, best: str) -> None:
    tab.open("list")
    tab.page.keyboard.press("Tab")
    expect(tab.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Tab")
    expect(tab.page.get_by_label("Id contains")).to_be_focused()
    link = tab.page.get_by_role("link", name=best, exact=True)
    for _ in range(30):
        tab.page.keyboard.press("Tab")
        style = "getComputedStyle(document.activeElement).outlineStyle"
        assert tab.page.evaluate(style) != "none"
        if link.evaluate("each => each === document.activeElement"):
            break
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("heading", level=1)).to_be_focused()
    unnamed = "all => all.filter(each => !each.labels.length && !each.ariaLabel).length"
    assert tab.page.locator("input, select, textarea").evaluate_all(unnamed) == 0


def test_keys_no_scores_and_then_hostile_names(
    open_tab: Callable[..., Any], locked: Any, store: Any, table: pd.DataFrame
) -> None:
    tab = open_tab(locked.address)
    tab.page.goto(locked.address)
    for wrong in ("wrong", "schlüssel"):
        tab.page.get_by_label("Key", exact=True).fill(wrong)
        tab.page.get_by_role("button", name="Use this key").click()
        expect(tab.page.get_by_text("That key was not accepted")).to_be_visible()
    tab.page.get_by_label("Key", exact=True).fill(locked.key)
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("alert")).to_contain_text("Nobody has been scored yet")
    expect(tab.page.get_by_role("alert")).to_contain_text("python -m serve score --config")
    assert locked.key not in tab.page.url

    publish_hostile(locked.scores, store, table, table)
    tab.open("list?sort=customer_id&descending=false")
    expect(tab.page.locator("dialog")).to_be_hidden()
    assert tab.page.locator(".customers .id").all_text_contents() == sorted(HOSTILE)
    for name in HOSTILE:
        tab.page.locator(".customers a").filter(has_text=name).click()
        expect(tab.page.locator("h1")).to_have_text(f"Customer {name}")
        expect(tab.page.locator(".figures data[data-name=clv]")).to_be_visible()
        assert not tab.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        tab.page.go_back()
        tab.page.locator(".customers").wait_for()
    tab.open(f"customer/{quote('no ' + HOSTILE[0], safe='')}")
    expect(tab.page.locator("h1")).to_have_text(f"No customer no {HOSTILE[0]}")

    publish_hostile(locked.scores, store, table, table.drop(columns="recency_days"))
    tab.open(f"customer/{quote(HOSTILE[0], safe='')}")
    expect(tab.page.get_by_text("as they were stored: the stored features are")).to_be_visible()
    assert len(tab.numbers("clv", ".figures")) == 1
    assert tab.page.evaluate("window.broken") is None
    assert tab.page.locator("main img, main script").count() == 0


def publish_hostile(address: str, store: Any, whole: pd.DataFrame, table: pd.DataFrame) -> None:
    """Customers of the sample under names that were chosen to break the page."""
    card = store.bundle.card
    chosen = whole.index[: len(HOSTILE)]
    names = pd.Index(HOSTILE, name="customer_id")
    predictions = (
        PurchasePredictor(store.bundle)
        .predict(whole, as_of=card.trained_as_of)
        .loc[chosen]
        .set_axis(names)
    )
    rows = table.loc[chosen].set_axis(names)
    origin = BatchOrigin(
        model_name="clv", model_version="1", card_sha256="c0ffee", data_sha256="da7a",
        trained_as_of=card.trained_as_of, as_of=datetime(1998, 7, 1, tzinfo=UTC),
        horizon_days=60, currency=card.currency, timezone=card.timezone,
        economics=card.economics.model_dump(),
    )  # fmt: skip
    database = Database(address, writes=True)
    store_scores.publish(
        database, origin, Content(predictions.assign(tier="<b>", segment="&amp;"), rows), totals={}
    )
    database.close()
