"""Ids, money and moments as people write them: right numbers, or one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.transactions import TransactionLog, read_transactions


def read(path: Path, **settings: Any) -> TransactionLog:
    columns = {"customer_id": "who", "timestamp": "at", "amount": "paid"}
    columns |= settings.pop("columns", {})
    data = {"transactions": str(path), "columns": columns, **settings}
    return read_transactions(PurchaseData.model_validate(data))


def csv(folder: Path, *rows: tuple[str, str, str]) -> Path:
    path = folder / "log.csv"
    lines = ["who;at;paid", *(";".join(f'"{each}"' for each in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def amounts(folder: Path, *texts: str, **settings: Any) -> list[float]:
    rows = [("u", f"2024-01-{place:02}", text) for place, text in enumerate(texts, start=1)]
    return read(csv(folder, *rows), **settings).lines["amount"].tolist()


def moments(folder: Path, *texts: str, **settings: Any) -> list[str]:
    lines = read(csv(folder, *(("u", text, "1") for text in texts)), **settings).lines
    return [str(each) for each in pd.to_datetime(lines["us"], unit="us")]


def customers(folder: Path, *texts: str, **settings: Any) -> list[str]:
    rows = [(text, f"2024-01-{place:02}", "1") for place, text in enumerate(texts, start=1)]
    return read(csv(folder, *rows), **settings).lines["customer_id"].tolist()


GERMAN = {"decimal": ",", "thousands": ".", "currency": "EUR"}


@pytest.mark.parametrize(
    ("texts", "expected", "settings"),
    [
        (("$12.50", "USD 3", "4 usd", "US$5"), [12.5, 3, 4, 5], {"currency": "USD"}),
        (("(50.00)", "50.00-", "\u221250.00", "-$5.00", "$(5.00)"), [-50, -50, -50, -5, -5], {}),
        (("1,234.50", "12"), [1234.5, 12], {"thousands": ","}),
        (("1.234,50 €", "-0,5"), [1234.5, -0.5], GERMAN),
        (("1\u202f234,50", "1 000"), [1234.5, 1000], {"decimal": ",", "thousands": " "}),
        (("1'234.50", "CHF 1\u2019000.00"), [1234.5, 1000], {"thousands": "'", "currency": "CHF"}),
        (("1,00,000.50", "₹ 7"), [100000.5, 7], {"thousands": ",", "currency": "INR"}),
        (("1250", "-99"), [12.5, -0.99], {"amount_unit": "minor"}),
        (("1e3", "1.5E-2", ".5", "+3"), [1000, 0.015, 0.5, 3], {}),
        (("1.234", "12.50"), [1.234, 12.5], {}),  # the second says what the first one is
        (("1.234", "1.250"), [1.234, 1.25], {"decimal": "."}),
    ],
)  # fmt: skip
def test_money_is_read_as_it_is_written(
    tmp_path: Path, texts: tuple[str, ...], expected: list[float], settings: dict[str, Any]
) -> None:
    assert amounts(tmp_path, *texts, **settings) == expected


@pytest.mark.parametrize(
    ("texts", "sentence", "settings"),
    [
        (("1.234", "100"), r"'1\.234', which could be a thousand and more or a fraction", {}),
        (("1,234.50",), r'set data\.thousands = ","', {}),
        (("1.234,50",), r'set data\.decimal = "," and data\.thousands = "\."', {}),
        (("12,50",), r'set data\.decimal = ","', {}),
        (("1,234", "100"), r"'1,234', which could be a thousand and more or a fraction", {}),
        (("1'234.50",), r"set data\.thousands = \"'\"", {}),
        (("€5",), r"a sign of a currency must be that of data\.currency, USD", {}),
        (("1.23",), "column paid holds '1.23' in row 1", {"decimal": ",", "thousands": "."}),
        (("1,23",), "column paid holds '1,23' in row 1", {"thousands": ","}),
        (("--5",), "column paid holds '--5' in row 1", {}),
        (("1_000",), "column paid holds '1_000' in row 1", {}),
        (("five",), "column paid holds 'five' in row 1", {}),
    ],
)
def test_money_that_is_not_settled_names_the_key(
    tmp_path: Path, texts: tuple[str, ...], sentence: str, settings: dict[str, Any]
) -> None:
    with pytest.raises(DataError, match=sentence):
        amounts(tmp_path, *texts, **settings)


@pytest.mark.parametrize(
    ("texts", "expected", "settings"),
    [
        (("05/01/2024",), ["2024-01-05"], {"date_format": "%d/%m/%Y"}),
        (
            ("05/01/2024", "06/01/2024 17:30"),
            ["2024-01-05", "2024-01-06 17:30:00"],
            {"date_format": ["%d/%m/%Y", "%d/%m/%Y %H:%M"]},
        ),
        (("1704448800",), ["2024-01-05 10:00:00"], {"date_format": "epoch_s"}),
        (("1704448800123",), ["2024-01-05 10:00:00.123000"], {"date_format": "epoch_ms"}),
        (("45296.5",), ["2024-01-05 12:00:00"], {"date_format": "excel"}),
        (("20240105",), ["2024-01-05"], {"date_format": "%Y%m%d"}),
        (
            ("2014-10-21 10:00:00 -0400", "2014-11-05 10:00:00 -0500"),
            ["2014-10-21 14:00:00", "2014-11-05 15:00:00"],
            {"date_format": "%Y-%m-%d %H:%M:%S %z"},
        ),
        (
            ("2014-10-21 10:00:00 -0400", "2014-11-05T10:00:00Z"),
            ["2014-10-21 14:00:00", "2014-11-05 10:00:00"],
            {},
        ),
        (("2024-07-01 10:00",), ["2024-07-01 09:00:00"], {"timezone": "Europe/London"}),
    ],
)
def test_moments_are_read_as_they_are_written(
    tmp_path: Path, texts: tuple[str, ...], expected: list[str], settings: dict[str, Any]
) -> None:
    wanted = [str(pd.Timestamp(each)) for each in expected]
    assert moments(tmp_path, *texts, **settings) == wanted


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (("31/12/2023", "01/02/2024"), r'set data\.date_format = "%d/%m/%Y"'),
        (("01/02/2024", "03/04/2024"), r'they could be "%d/%m/%Y" or "%m/%d/%Y": set data'),
        (("1704448800",), r'set data\.date_format = "epoch_s"'),
        (("1704448800123",), r'set data\.date_format = "epoch_ms"'),
        (("45296",), r'set data\.date_format = "excel"'),
        (("Jan 5, 2024",), r'set data\.date_format = "%b %d, %Y"'),
        (("2024-13-01",), "column at holds '2024-13-01' in row 1, expected a timestamp"),
    ],
)
def test_moments_that_are_not_settled_name_the_key(
    tmp_path: Path, texts: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        moments(tmp_path, *texts)


def test_a_time_of_day_may_stand_apart(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(
        "who,at,hour,paid\nu,05/01/2024,5:05 PM,1\nu,06/01/2024,09:30,1\nu,07/01/2024,09:30:15,1\n"
    )
    found = read(path, date_format="%d/%m/%Y", columns={"time": "hour"})
    at = [str(each) for each in pd.to_datetime(found.lines["us"], unit="us")]
    assert at == ["2024-01-05 17:05:00", "2024-01-06 09:30:00", "2024-01-07 09:30:15"]


@pytest.mark.parametrize(
    ("zone", "at"), [("UTC", "2024-07-05T23:30"), ("Europe/Berlin", "2024-07-05T21:30"),
                     ("America/New_York", "2024-07-06T03:30")]
)  # fmt: skip
def test_a_date_and_a_time_of_day_are_wall_clock_in_every_zone(
    tmp_path: Path, zone: str, at: str
) -> None:
    path = tmp_path / "log.csv"
    path.write_text("who,at,paid,hour\nu,2024-07-05,1,23:30\n")
    found = read(path, timezone=zone, columns={"time": "hour"})
    assert pd.Timestamp(found.lines["us"].iloc[0], unit="us") == pd.Timestamp(at)


def test_a_row_from_the_future_stops_unless_an_end_is_set(tmp_path: Path) -> None:
    path = csv(tmp_path, ("u", "2024-01-05", "1"), ("v", "2098-01-05", "1"))
    with pytest.raises(DataError, match=r"customer 'v' lies in the future, .* set data\.end"):
        read(path)
    found = read(path, end="2024-02-01")
    assert found.counts["rows_after_end_dropped"] == 1
    assert found.end == pd.Timestamp("2024-02-01", tz="UTC")


def test_ids_are_one_thing_in_one_form(tmp_path: Path) -> None:
    texts = ("7", "7.0", " 7\u00a0", "\u200b7\ufeff", "007", "Jose\u0301", "José", "A1", "a1")
    assert sorted(set(customers(tmp_path, *texts))) == ["007", "7", "A1", "José", "a1"]
    assert sorted(set(customers(tmp_path, *texts, id_case="lower"))) == ["007", "7", "a1", "josé"]


def test_words_that_mean_nothing_are_no_customers(tmp_path: Path) -> None:
    words = ("NULL", "null", "None", "nan", "NaN", "N/A", "#N/A", "<NA>", "\\N", "-", " ", "u")
    found = read(csv(tmp_path, *((word, "2024-01-05", "1") for word in words)))
    assert set(found.lines["customer_id"]) == {"u"}
    assert found.counts["guest_rows_dropped"] == len(words) - 1
    own = read(
        csv(tmp_path, ("none", "2024-01-05", "1"), ("?", "2024-01-05", "1")), null_values="?"
    )
    assert own.lines["customer_id"].tolist() == ["none"]


def test_an_id_that_was_rounded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"who holds '7\.4E\+15' in row 1, .* export the column as"):
        customers(tmp_path, "7.4E+15")
    frame = pd.DataFrame({"who": [2.0**53 + 2], "at": [pd.Timestamp("2024-01-05")], "paid": [1.0]})
    frame.to_parquet(tmp_path / "log.parquet")
    with pytest.raises(DataError, match="this one was rounded to a float"):
        read(tmp_path / "log.parquet")


def test_an_id_that_is_no_scalar_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"who": [["a"]], "at": [pd.Timestamp("2024-01-05")], "paid": [1.0]})
    frame.to_parquet(tmp_path / "log.parquet")
    with pytest.raises(DataError, match=r"column who is VARCHAR\[\], expected one value a row"):
        read(tmp_path / "log.parquet")


@pytest.mark.parametrize("pattern", ["%s", "%Y-%m-%d %Q", "%Y-%m-%", "%Y-%E%m"])
def test_a_pattern_that_is_none_is_named_with_its_key(tmp_path: Path, pattern: str) -> None:
    path = csv(tmp_path, ("u", "2024-01-05", "1"))
    with pytest.raises(ValueError, match="date_format must be a strptime pattern of %a"):
        read(path, date_format=pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%Y-%m-%d %H:%M %z", "2024-01-05 10:00 +25:00"),
        ("%Y-%m-%d %H:%M %z", "2024-01-05 10:00 +01:60"),
        ("%Y-%m-%d %H:%M %z", "2024-01-05 10:00 +01:23:45"),
        ("%Y-%m-%d %H:%M %Z", "2024-01-05 10:00 Etc/GMT+5"),
        ("%Y-%m-%d %H:%M %Z", "2024-01-05 10:00 europe/berlin"),
    ],
)
def test_an_offset_that_is_none_is_none_in_a_pattern_either(
    tmp_path: Path, pattern: str, text: str
) -> None:
    path = csv(tmp_path, ("u", text, "1"))
    with pytest.raises(DataError, match="expected a date as"):
        read(path, date_format=pattern)
