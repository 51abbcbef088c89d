"""A value that stands alone means what it means in a column of a file."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from features.config.source_format import NULL_WORDS, SourceFormat
from features.ingest.columns.cast import clean_text
from features.ingest.columns.ids import id_cast, label
from features.ingest.columns.moments import moment_cast
from features.single_values import BLANKS, read_id, read_moment, read_text
from features.timestamps import parse_as_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def in_a_column(
    engine: duckdb.DuckDBPyConnection, texts: list[str], columns: list[str]
) -> list[tuple[Any, ...]]:
    """The values of SQL over cells of text, cleaned as the files' cells are."""
    cells = "SELECT unnest(?) AS v, generate_subscripts(?, 1) AS place"
    source = f"SELECT {clean_text('v', NULL_WORDS)} AS v, place FROM ({cells})"
    query = f"SELECT {', '.join(columns)} FROM ({source}) ORDER BY place"
    return engine.execute(query, [texts, texts]).fetchall()


def texts_of_all_kinds(seed: int) -> list[str]:
    rng = random.Random(seed)
    signs = "aÅ\u030a\u212b0077.eE+- \u00a0\u200b\ufeff\x1c\x85\t"
    usual = ["".join(rng.choices(signs, k=rng.randint(0, 7))) for _ in range(700)]
    codes = [code for code in range(1, 0x3000) if unicodedata.category(chr(code)) != "Cn"]
    odd = ["".join(map(chr, rng.choices(codes, k=rng.randint(1, 5)))) for _ in range(700)]
    return [*usual, *odd, *NULL_WORDS, " NULL ", "7.0", "-7.00 ", "7.4E+15", "7.50", "1e5"]


@pytest.mark.parametrize("seed", range(3))
def test_an_id_is_the_id_of_a_column(engine: duckdb.DuckDBPyConnection, seed: int) -> None:
    texts = texts_of_all_kinds(seed)
    cast = id_cast("v", "VARCHAR")
    columns = [cast.columns[""], cast.blank, cast.misfit]
    for text, (value, blank, misfit) in zip(
        texts, in_a_column(engine, texts, columns), strict=True
    ):
        if misfit:
            with pytest.raises(ValueError, match="rounded to a float"):
                read_id(text)
        elif blank:
            assert read_id(text) in NULL_WORDS
        else:
            assert read_id(text) == value


@pytest.mark.parametrize("text", ["a\0", "\0a", "é\0b", "e\u0301\0b"])
def test_an_id_with_a_nul_is_refused_and_a_label_keeps_it(
    engine: duckdb.DuckDBPyConnection, text: str
) -> None:
    with pytest.raises(ValueError, match="must be an id without the character NUL"):
        read_id(text)
    columns = [id_cast("v", "VARCHAR").misfit, label("v", "VARCHAR")]
    assert in_a_column(engine, [text], columns) == [(True, read_text(text))]


@pytest.mark.parametrize(
    ("value", "text"), [(7, "7"), (-7, "-7"), (7.0, "7"), (10**20, str(10**20)), ("007", "007")]
)
def test_whole_numbers_are_ids(value: object, text: str) -> None:
    assert read_id(value) == text


@pytest.mark.parametrize(
    "value", [7.5, 2.0**53, float("nan"), float("inf"), True, None, [7], "7.5E+3"]
)
def test_what_names_nobody_for_sure_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        read_id(value)


MOMENTS = [
    *("2024-01-05", "2024-01-05 10:00", "2024-01-05T10:00:00Z", "2024-01-05 10:00:00 +02:00"),
    *("2024-01-05 10:00 +0200", "2024-01-05 10:00 -05", "2024-1-5", "2024/01/05", "2024-1-5 9:05"),
    *("2024-01-05 10:00:00 UTC", "2024-01-05 10:00:00.123456789"),
    *("2024-01-05 10:00:00 Europe/Berlin", "2024-10-27 02:30:00 Europe/Berlin", "2024 01 05"),
    *("2024-03-31 02:30:00 Europe/Berlin", "2024-01-05 24:00:00", "2024-01-05 10:00Z"),
    *("2024-01-05  10:00", "2024-01-05 10:00:00.", "2024-01-05 1:2:3", "2024-01-05 10:00:00.5 +02"),
    *("\u00a02024-01-05\u200b", "2024-01-05 10:00:00-05:30", "2024-01-05 10:00  Z"),
    *("2024-01-05 10:00:00  Europe/Berlin", "2024-01-05 10:00:00America/Port-au-Prince"),
    *("2024-01-05T10:00UTC", "2024-07-05 10:00 PST", "2024-07-05 10:00:00.5EDT"),
    *("2024-01-05 10:00:00+15:59", "2024-01-05 10:00 Etc/UTC"),
]
NONE = [
    *("soon", "24-01-05", "2024-1/5", "2024-13-01", "2024-02-30", "2024-01-05 10:00 PM", "epoch"),
    *("2024-01-05 10:00:60", "2024-01-05+02:00", "01/02/2024", "2024-01-05 10:00 Nowhere/Land"),
    *("2024-01-05T", "1704448800", "45296", "2024-01-05 10:00:00 +2"),
    *("2024-01-05 10:00 europe/berlin", "2024-01-05 10:00 Europe/BERLIN", "2024-01-05 10:00 utc"),
    *("2024-01-05 10:00:00z", "2024-01-05 10:00 CET", "2024-01-05 10:00 Etc/GMT+5"),
    *("2024-01-05 10:00:00+01:23:45", "2024-01-05 10:00:00 +012345", "2024-01-05 10:00+25"),
    *("2024-01-05 10:00:00+01:60", "2024-01-05 10:00:00-16:00", "2024-01-05 10:00 est"),
]


@pytest.mark.parametrize("text", MOMENTS)
def test_a_moment_is_the_moment_of_a_column(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    cast = moment_cast("v", "VARCHAR", SourceFormat())
    columns = [*cast.columns.values(), cast.misfit]
    [(wall, instant, misfit)] = in_a_column(engine, [text], columns)
    assert not misfit
    found = read_moment(text)
    us = (found.replace(tzinfo=found.tzinfo or UTC) - EPOCH) // (datetime.resolution)
    assert (None, us) == ((wall, instant) if found.tzinfo else (instant, wall))


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_moment_is_refused(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    with pytest.raises(ValueError, match=r"date|month|day|second|offset|zone|isoformat"):
        read_moment(text)
    misfit = moment_cast("v", "VARCHAR", SourceFormat()).misfit
    assert in_a_column(engine, [text], [misfit]) == [(True,)]


@pytest.mark.parametrize(
    "text", ["2024-01-05", "20240105", "2024-W01-5", "2024/1/5", "2024-01-05 0:00"]
)
def test_an_as_of_is_read_alike(text: str) -> None:
    assert parse_as_of(text, "UTC") == datetime(2024, 1, 5, tzinfo=UTC)


def test_blanks_are_those_of_the_columns(engine: duckdb.DuckDBPyConnection) -> None:
    cleaned = clean_text("v", ())
    everything = [chr(code) for code in range(1, 0x11000) if not 0xD800 <= code < 0xE000]
    query = f"SELECT v FROM (SELECT unnest(?) AS v) WHERE ({cleaned}) = ''"
    assert {row[0] for row in engine.execute(query, [everything]).fetchall()} == set(BLANKS)
