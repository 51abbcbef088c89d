"""Columns that no key reads are looked at, by name and by what they hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import pytest

from features.ingest.health.finding import Finding

Read = Callable[..., tuple[Finding, ...]]


def cycle(log: pd.DataFrame, values: Sequence[Any]) -> list[Any]:
    return [values[place % len(values)] for place in range(len(log))]


CASES: list[tuple[str, list[Any], str, int, str, dict[str, Any]]] = [
    (
        "Financial Status",
        ["paid", "paid", "refunded", "voided", "paid"],
        "status_unread",
        162,
        "162 rows with a positive amount say 'refunded', 'voided' in column Financial Status, "
        "which no key reads: where they are no sales, set "
        'data.drop."Financial Status" = ["refunded", "voided"]',
        {"drop": {"Financial Status": ["refunded", "voided"]}},
    ),
    (
        "x",
        ["wc-completed", "wc-cancelled", "wc-completed"],
        "status_unread",
        135,
        "135 rows with a positive amount say 'wc-cancelled' in column x, which no key reads: where "
        'they are no sales, set data.drop.x = ["wc-cancelled"]',
        {"keep": {"x": ["wc-completed"]}},
    ),
    (
        "Bestellstatus",
        ["abgeschlossen", "storniert", "abgeschlossen"],
        "status_unread",
        135,
        "135 rows with a positive amount say 'storniert' in column Bestellstatus, which no key "
        'reads: where they are no sales, set data.drop.Bestellstatus = ["storniert"]',
        {"drop": {"Bestellstatus": "storniert"}},
    ),
    (
        "Currency",
        ["USD", "EUR", "USD"],
        "currency_unread",
        135,
        "column Currency, which no key reads, names other currencies than data.currency = "
        '"USD" (USD 270, EUR 135): set data.columns.currency = "Currency", and data.currency or '
        'data.other_currencies = "drop"',
        {"columns": {"currency": "Currency"}, "other_currencies": "drop"},
    ),
    (
        "money",
        ["GBP"],
        "currency_unread",
        405,
        "column money, which no key reads, names other currencies than data.currency = "
        '"USD" (GBP 405): set data.columns.currency = "money", and data.currency or '
        'data.other_currencies = "drop"',
        {"columns": {"currency": "money"}, "currency": "GBP"},
    ),
    (
        "is_test",
        [True, False, False],
        "test_flag_unread",
        135,
        "135 rows with a positive amount say 'True' in column is_test, as tests do, which no key "
        'reads: where they are no sales, set data.drop.is_test = ["True"]',
        {"drop": {"is_test": ["True"]}},
    ),
    (
        "livemode",
        ["true", "true", "false"],
        "test_flag_unread",
        135,
        "135 rows with a positive amount say 'false' in column livemode, as tests do, which no key "
        'reads: where they are no sales, set data.drop.livemode = ["false"]',
        {"drop": {"livemode": ["false"]}},
    ),
]


@pytest.mark.parametrize(("column", "values", "name", "number", "sentence", "settings"), CASES)
def test_a_column_that_no_key_reads_is_found_and_a_key_settles_it(
    read: Read,
    sound: pd.DataFrame,
    column: str,
    values: list[Any],
    name: str,
    number: int,
    sentence: str,
    settings: dict[str, Any],
) -> None:
    log = sound.assign(**{column: cycle(sound, values)})
    assert read(log) == (Finding(name, sentence, number),)
    assert read(log, **settings) == ()


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("Currency", ["USD"]),
        ("status", ["paid", "completed"]),
        ("state", ["TX", "CA", "NY"]),
        ("country", ["USA", "GBR"]),
        ("is_test", ["false"]),
        ("test", ["A", "B"]),
        ("note", [f"please cancel number {n}" for n in range(50)]),
        ("title", ["Void", "Arrival", "Dune", "Alien", "Solaris"]),
        ("qty", [1, 2, 3]),
    ],
)
def test_a_column_that_says_nothing_of_the_kind_is_no_finding(
    read: Read, sound: pd.DataFrame, column: str, values: list[Any]
) -> None:
    assert read(sound.assign(**{column: cycle(sound, values)})) == ()


def test_a_quantity_matters_beside_the_price_of_one(read: Read, sound: pd.DataFrame) -> None:
    log = sound.rename(columns={"paid": "Unit Price"}).assign(Qty=cycle(sound, [1, 2, 1]))
    price: dict[str, Any] = {"columns": {"amount": "Unit Price"}}
    assert read(log, **price) == (
        Finding(
            "quantity_unread",
            "135 rows have more than one in column Qty, which no key reads: where column Unit "
            'Price is the price of one, set data.amount_is = "unit_price" and '
            'data.columns.quantity = "Qty", else data.amount_is = "line"',
            135,
        ),
    )
    multiplied = {"columns": {"amount": "Unit Price", "quantity": "Qty"}}
    assert read(log, amount_is="unit_price", **multiplied) == ()
    assert read(log, amount_is="line", **price) == ()
    assert read(log.assign(Qty=1), **price) == ()


def test_rows_that_do_not_count_or_take_money_back_are_no_finding(
    read: Read, sound: pd.DataFrame
) -> None:
    log = sound.assign(status=cycle(sound, ["paid", "refunded", "paid"]))
    refunded = log["status"] == "refunded"
    assert read(log.assign(paid=log["paid"].mask(refunded, -log["paid"]))) == ()
    assert read(log.assign(who=log["who"].mask(refunded))) == ()
    returned = log.assign(back=log["paid"].where(refunded, 0))
    assert [each.name for each in read(returned)] == ["status_unread"]
    assert read(returned, columns={"refunded": "back"}) == ()


def test_columns_nobody_asked_for_never_stop_a_run(read: Read, sound: pd.DataFrame) -> None:
    """Twice under a name in a later file, or missing there."""
    log = sound.assign(status=cycle(sound, ["paid", "failed", "paid"]))
    twice = pd.concat([log[200:300], log["status"][200:300]], axis=1)
    found = read(log[:200], twice, log[300:].drop(columns="status"), reexports="keep")
    assert [(each.name, each.number) for each in found] == [("status_unread", 67)]
