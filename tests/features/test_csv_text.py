"""A CSV for spreadsheets: nothing in it is run, nothing is lost."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.csv_text import csv_line, protect, restore

FORMULAS = [
    '=cmd|" /C calc"!A0',
    *("+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "\tx", "\rx"),
    *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x"),
    *(" =1", "\u00a0=1", "\u200b=1", "\ufeff=1", "\u202e=1", "\x00=1"),
]
PLAIN = [
    "",
    "plain",
    "a=1",
    "a;=1+1",
    "18102",
    "é\uff1d",
    "1-2",
    "x'",
    " a",
    'say "hi"',
    "a,b",
    "a\nb",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_could_be_run_gets_an_apostrophe(text: str) -> None:
    assert protect(text) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN)
def test_what_could_not_stays_as_it_is(text: str) -> None:
    assert protect(text) == text


@given(text=st.text() | st.text(alphabet="'=+-@ \t\rab"))
def test_nothing_is_lost(text: str) -> None:
    assert restore(protect(text)) == text


@given(texts=st.lists(st.text(st.characters(exclude_characters="\0\r", codec="utf-8")), min_size=1))
def test_a_line_is_read_back_by_others(texts: list[str]) -> None:
    [read] = csv.reader(io.StringIO(csv_line([*texts, 1.5, None]), newline=""))
    assert [*map(restore, read[:-2])] == texts
    assert read[-2:] == ["1.5", ""]


def test_numbers_stay_numbers_and_a_semicolon_begins_no_cell() -> None:
    line = csv_line(["a;=1+1", -2.5, -3, None, "=1"])
    assert line == '"a;=1+1",-2.5,-3,,\'=1\n'
    read = pd.read_csv(io.StringIO(f"a,b,c,d,e\n{line}"))
    assert read.loc[0, ["b", "c"]].tolist() == [-2.5, -3]
    assert read["d"].isna().all()
