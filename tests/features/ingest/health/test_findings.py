"""Each finding is made where a log has what it is about, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from features.ingest.health.finding import Finding

Read = Callable[..., tuple[Finding, ...]]
Spoil = Callable[[pd.DataFrame], pd.DataFrame]


def guests(log: pd.DataFrame) -> pd.DataFrame:
    return log.assign(who=log["who"].where(log["order"] % 3 > 0, "shop@example.com"))


def nobodies(log: pd.DataFrame) -> pd.DataFrame:
    return log.assign(who=log["who"].where(log["order"] % 9 > 0, "Guest"))


def order_ids(log: pd.DataFrame) -> pd.DataFrame:
    return log.assign(who=log["order"])


def shouting(log: pd.DataFrame) -> pd.DataFrame:
    return log.assign(who=log["who"].where(log["order"] != 5, log["who"].str.upper()))


def totals(log: pd.DataFrame) -> pd.DataFrame:
    return log.assign(paid=log.groupby("order")["paid"].transform("sum"))


def cents(log: pd.DataFrame) -> pd.DataFrame:
    return log.assign(paid=(log["paid"] * 100).astype(int))


def copied(log: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([log, log[:40]], ignore_index=True)


def without_february(log: pd.DataFrame) -> pd.DataFrame:
    return log[log["at"].dt.month != 2]


def until_ten(log: pd.DataFrame) -> pd.DataFrame:
    """Twice the orders, none after ten o'clock of the last day."""
    again = log.assign(order=log["order"] + 1000, at=log["at"] + pd.Timedelta("20min"))
    both = pd.concat([log, again])
    return both[both["at"] < both["at"].max().normalize() + pd.Timedelta("10h")]


def thin(log: pd.DataFrame) -> pd.DataFrame:
    """Eight times the orders, but for the last day."""
    last = log["at"].max().normalize()
    before = [
        log[log["at"] < last].assign(order=log["order"] + 1000 * n, paid=log["paid"] + n)
        for n in range(8)
    ]
    return pd.concat([*before, log[log["at"] >= last]])


CASES: list[tuple[str, Spoil, int, str, dict[str, Any]]] = [
    (
        "one_id_of_many_orders",
        guests,
        90,
        "customer 'shop@example.com' has 90 of 270 orders (33 %), the next one 9: where it stands "
        'for guests, set data.drop.who = ["shop@example.com"]',
        {"drop": {"who": ["shop@example.com"]}},
    ),
    (
        "one_id_of_many_orders",
        nobodies,
        30,
        "customer 'Guest' has 30 of 270 orders (11 %), the next one 9: where it stands for guests, "
        'set data.drop.who = ["Guest"]',
        {"drop": {"who": ["Guest"]}},
    ),
    (
        "no_customer_returns",
        order_ids,
        270,
        "none of 270 ids in column who has a second order: where it is the id of orders, set "
        "data.columns.customer_id to that of customers",
        {"columns": {"customer_id": "sku"}},
    ),
    (
        "ids_alike_but_for_case",
        shouting,
        2,
        "2 customer ids differ from another one only in case, such as 'C5' and 'c5': set "
        'data.id_case = "lower" where they are one customer, else "keep"',
        {"id_case": "lower"},
    ),
    (
        "one_amount_in_each_order",
        totals,
        135,
        "135 of 135 orders of several rows (100 %) carry one amount on all of them: where column "
        'paid is the order\'s total, set data.amount_is = "order_total", else "line"',
        {"amount_is": "order_total"},
    ),
    (
        "amounts_like_cents",
        cents,
        270,
        "all 270 amounts are whole numbers, and 270 of them 500 or more: where column paid is in "
        'cents, set data.amount_unit = "minor", else "major"',
        {"amount_unit": "minor"},
    ),
    (
        "copies_within_a_file",
        copied,
        40,
        "40 of 445 rows (9.0 %) are an exact copy of another row, which could be mistakes: set "
        'data.duplicates = "drop" where they are, else "keep"',
        {"duplicates": "drop"},
    ),
    (
        "months_without_a_row",
        without_february,
        1,
        "1 of 3 months have no row that counts (2024-02): where files are missing, add them to "
        "the source",
        {"end": "2024-02-01"},
    ),
    (
        "last_day_incomplete",
        until_ten,
        2,
        "the last day, 2024-03-31, has 2 lines, the last at 09:20, where the 8 Sundays before had "
        '6 (median) and ended at 17:20 or later: where it is not over, set data.end = "2024-03-31"'
        ", else to the day after",
        {"end": "2024-03-31"},
    ),
    (
        "last_day_incomplete",
        thin,
        3,
        "the last day, 2024-03-31, has 3 lines, the last at 17:00, where the 8 Sundays before had "
        '24 (median) and ended at 17:00 or later: where it is not over, set data.end = "2024-03-31"'
        ", else to the day after",
        {"end": "2024-03-31"},
    ),
]
NAMES = [f"{case[0]}-{case[1].__name__}" for case in CASES]


def test_a_sound_log_has_no_finding(read: Read, sound: pd.DataFrame) -> None:
    assert read(sound) == ()
    assert read(sound.drop(columns="order"), columns={"order_id": None}) == ()


@pytest.mark.parametrize(("name", "spoil", "number", "sentence", "settings"), CASES, ids=NAMES)
def test_what_is_odd_is_found_and_the_key_settles_it(
    read: Read,
    sound: pd.DataFrame,
    name: str,
    spoil: Spoil,
    number: int,
    sentence: str,
    settings: dict[str, Any],
) -> None:
    spoilt = spoil(sound)
    assert read(spoilt) == (Finding(name, sentence, number),)
    assert read(spoilt, **settings) == ()


@pytest.mark.parametrize(
    ("spoil", "settings"),
    [
        (shouting, {"id_case": "keep"}),
        (totals, {"amount_is": "line"}),
        (cents, {"amount_unit": "major"}),
        (cents, {"currency": "JPY"}),
        (copied, {"duplicates": "keep"}),
        (until_ten, {"end": "2024-04-01"}),
    ],
)
def test_a_key_that_is_set_to_its_default_is_an_answer(
    read: Read, sound: pd.DataFrame, spoil: Spoil, settings: dict[str, Any]
) -> None:
    assert len(read(spoil(sound))) == 1
    assert read(spoil(sound), **settings) == ()


@pytest.mark.parametrize(
    ("spoil", "ids"), [(guests, ["shop@example.com"]), (shouting, ["C5", "c5"])]
)
def test_a_finding_can_be_told_without_anybodys_id(
    read: Read, sound: pd.DataFrame, spoil: Spoil, ids: list[str]
) -> None:
    (found,) = read(spoil(sound))
    for each in ids:
        assert each in found.sentence
        assert each not in found.anonymous
    assert f"{found.number} " in found.anonymous
    assert "data." in found.anonymous


def test_copies_across_files_are_told_apart_from_those_within_one(
    read: Read, sound: pd.DataFrame
) -> None:
    first, second = copied(sound[:300]), sound[290:]
    found = read(first, second, reexports="keep")
    assert [(each.name, each.number) for each in found] == [
        ("copies_across_files", 10),
        ("copies_within_a_file", 40),
    ]
    assert found[0].sentence.startswith("10 rows are an exact copy of a row in another file")
    assert read(sound[:290], sound[290:], reexports="keep") == ()


def test_days_are_those_of_the_wall_clock(read: Read, sound: pd.DataFrame) -> None:
    """At four in the morning of UTC the last day of Los Angeles is nearly over."""
    shifted = until_ten(sound).assign(at=lambda log: log["at"] + pd.Timedelta("7h"))
    shifted["at"] = shifted["at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    (found,) = read(shifted, timezone="America/Los_Angeles")
    assert "the last day, 2024-03-31, has 2 lines, the last at 09:20" in found.sentence


def test_a_log_of_a_few_rows_is_not_judged(read: Read, sound: pd.DataFrame) -> None:
    few = sound.drop_duplicates("who")[:9]
    assert read(few.assign(who=few["order"], paid=[500, 999, 1250] * 3)) == ()
    assert read(sound[sound["order"] % 20 == 0].loc[lambda log: log["at"].dt.month != 2]) == ()
