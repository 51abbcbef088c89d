"""Differences from ours by hand, judged beyond chance, and shown: failures and all."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from benchmarks.leaderboard.blocks import html, markdown
from benchmarks.leaderboard.document import document
from benchmarks.leaderboard.measuring import Measured
from benchmarks.leaderboard.records import put_into
from benchmarks.leaderboard.scoring import Log, Losses, Origin, losses, score
from features.errors import DataError
from train.purchases.baselines import Predictions

CUSTOMERS = 20
FAILURE = "ValueError: no <fit> | at all"
NOTHING = math.nan


def said(p_order: float, revenue: float) -> Measured:
    """The same of every customer."""
    predicted = Predictions(np.full(CUSTOMERS, p_order), np.full(CUSTOMERS, revenue))
    return Measured(predicted, seconds=1.5, peak_memory_mb=200.0)


def origin(**others: Measured) -> Origin:
    """Everybody orders and spends 10; ours says half of that, with a chance of one half."""
    actual = pd.DataFrame({"churned": [0] * CUSTOMERS, "revenue_future": [10.0] * CUSTOMERS})
    return score("2025-01-01T00:00:00+00:00", actual, others, seed=7)


def board(*origins: Origin) -> tuple[Log, Losses]:
    log = Log("a_shop", 90, "EUR", origins)
    return log, losses([log])


@pytest.fixture
def compared() -> Origin:
    """Against one that is nearer, one that is not, one without probabilities, one that fails."""
    return origin(
        perennial=said(0.5, 5.0),
        two_stage=said(0.9, 11.0),
        bg_nbd_gamma_gamma=said(0.4, 30.0),
        tweedie=said(NOTHING, 5.0),
        lifetimes=Measured(error=FAILURE),
    )


def test_differences_are_those_worked_by_hand(compared: Origin) -> None:
    found = {name: each["difference"] for name, each in compared.differences["two_stage"].items()}
    assert found["rmse"] == found["mae"] == pytest.approx(1.0 - 5.0)
    assert found["bias"] == pytest.approx(0.1 - 0.5)
    assert found["decile_error"] == pytest.approx(0.1 - 0.5)
    assert found["brier"] == pytest.approx(0.01 - 0.25)
    assert found["log_loss"] == pytest.approx(-math.log(0.9) + math.log(0.5))
    by_root = [4 * (math.sqrt(10) - math.sqrt(each)) ** 2 / math.sqrt(each) for each in (11, 5)]
    assert found["tweedie_deviance"] == pytest.approx(by_root[0] - by_root[1])
    assert math.isnan(found["auc"])  # nobody has left
    for each in ("rmse", "bias", "brier"):
        interval = compared.differences["two_stage"][each]
        assert interval["low"] == pytest.approx(interval["difference"])
        assert interval["high"] == pytest.approx(interval["difference"])


def test_of_the_bias_the_size_is_compared(compared: Origin) -> None:
    """-0.5 against 2: the second is the worse one."""
    assert compared.differences["bg_nbd_gamma_gamma"]["bias"]["difference"] == pytest.approx(1.5)
    assert compared.scores["perennial"]["bias"] == pytest.approx(0.5)


def test_losses_are_counted_by_metric_and_without_mae(compared: Origin) -> None:
    _, found = board(compared)
    assert {each.model for each in found.found} == {"two_stage"}
    assert found.judged() == (6, 16)
    assert found.line() == (
        "losses beyond chance: 6 of 16 (log_loss 1 of 2, brier 1 of 2, auc 0 of 0, gini 0 of 0, "
        "spearman 0 of 0, tweedie_deviance 1 of 3, rmse 1 of 3, bias 1 of 3, decile_error 1 of 3); "
        "apart, mae 1 of 3"
    )


def test_where_more_is_better_the_higher_wins() -> None:
    rng = np.random.default_rng(3)
    revenue = rng.gamma(1.0, 20.0, 300) * (rng.random(300) < 0.6)
    actual = pd.DataFrame({"churned": revenue == 0, "revenue_future": revenue})
    knows = Predictions(np.where(revenue > 0, 0.8, 0.2), revenue + 1.0)
    blind = Predictions(rng.uniform(0.2, 0.8, 300), rng.uniform(1.0, 40.0, 300))
    ahead = losses([Log("x", 9, "EUR", [score("2025", actual, both(blind, knows), seed=7)])])
    behind = losses([Log("x", 9, "EUR", [score("2025", actual, both(knows, blind), seed=7)])])
    assert all(ahead.of(each) for each in ("auc", "gini", "spearman", "log_loss", "rmse"))
    assert behind.judged() == (0, 9)


def both(ours: Predictions, other: Predictions) -> Mapping[str, Measured]:
    return {"perennial": Measured(ours), "two_stage": Measured(other)}


def test_a_model_that_fails_is_a_row_that_says_why(compared: Origin) -> None:
    text = markdown(document([board(compared)[0]], board(compared)[1], "Here."))
    rows = [line for line in text.splitlines() if line.startswith("| lifetimes")]
    assert rows[0].split(" | ")[1:] == ["-"] * 11 + ["- |"]
    assert (
        rows[1] == f"| lifetimes BG/NBD x GG | 2025-01-01 | {FAILURE.replace('|', chr(92) + '|')} |"
    )
    assert len(rows) == 2  # and there is no difference


def test_where_ours_fails_nothing_is_compared_and_the_last_line_says_so() -> None:
    log, found = board(origin(perennial=Measured(error="oh"), two_stage=said(0.9, 11.0)))
    assert found.judged() == (0, 0)
    assert found.line().endswith("; Perennial failed: a_shop 2025-01-01")
    assert "| Perennial | 2025-01-01 | oh |" in markdown(document([log], found, "Here."))


def test_the_best_is_bold_and_tables_are_whole(compared: Origin) -> None:
    log, found = board(compared, compared)
    text = markdown(document([log], found, "Here."))
    assert "**12 of 32**" in text
    [row] = [
        each for each in text.splitlines() if each.startswith("| two-stage boosting | **0.105")
    ]
    assert row.count("**") == 2 * 7
    tables = re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    assert len(tables) == 5
    for each in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in each.splitlines()}) == 1


class Tables(HTMLParser):
    """The cells of a page, and whether each tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "meta":
            self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open:
            self.cells[-1] += data


def test_the_page_shows_the_same_cells(compared: Origin) -> None:
    log, found = board(compared)
    blocks = document([log], found, "Here.")
    page = Tables(html(blocks))
    assert page.open == []
    assert FAILURE in page.cells
    lines = [each for each in markdown(blocks).splitlines() if each.startswith("| ")]
    texts = [
        cell.replace("**", "").replace("\\|", "|").strip()
        for line in lines
        for cell in re.split(r"(?<!\\)\|", line)[1:-1]
    ]
    assert set(page.cells) <= set(texts)
    assert len(page.cells) > 60


def test_a_page_takes_the_tables_between_its_marks() -> None:
    page = "# A\n\n<!-- leaderboard -->\nold\n<!-- end -->\n\nmore\n"
    assert put_into(page, "new\n") == page.replace("old", "new")
    with pytest.raises(DataError, match="<!-- leaderboard -->"):
        put_into("# A\n", "new\n")
