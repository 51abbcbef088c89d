"""Dates and timestamps of any type or pattern, as microseconds of wall clock or of UTC."""

from __future__ import annotations

from collections.abc import Sequence

from features.config.source_format import NUMBERED_DATES, SourceFormat
from features.errors import DataError
from features.ingest.columns.cast import FLOATS, WHOLE, Cast, is_text, literal, quote, written

TIMESTAMP = "a timestamp such as 2011-09-10 or 2011-09-10T10:00:00Z, of the years 1901 to 2099"
TIME = "a time of day such as 17:05 or 5:05 PM"
WALL_CLOCKS = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
INSTANTS = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS WITH TIME ZONE", "TIMESTAMPTZ_NS")
# a placeholder such as 9999-12-31 is not a date
PLAUSIBLE = "BETWEEN '1901-01-02' AND '2099-12-30'"
# after the time of day, a letter or a sign begins an offset or the name of a zone
SPACED_OFFSET = r"'(:\d\d(?:\.\d+)?) +([+-])', '\1\2'"
OFFSET = r"'\d:\d.*[A-Za-z+-]'"
TIMES = ["%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%I:%M:%S%p"]
SPREADSHEET_DAY_ZERO = "TIMESTAMP '1899-12-30'"


def moment_cast(column: str, kind: str, form: SourceFormat) -> Cast:
    """Microseconds, `_wall_us` where the source is naive and `_utc_us` where it is aware.

    Raises DataError for a type that is no moment, or a number without a date_format.
    """
    text = written(column, kind)
    wall, instant, expected = _readings(column, kind, text, form)
    wall, instant = f"CAST({wall} AS TIMESTAMP)", f"CAST({instant} AS TIMESTAMPTZ)"
    return Cast(
        source=column,
        columns={"_wall_us": f"epoch_us({wall})", "_utc_us": f"epoch_us({instant})"},
        blank=f"({text}) IS NULL",
        misfit=f"COALESCE(NOT ({wall} {PLAUSIBLE}), NOT ({instant} {PLAUSIBLE}), true)",
        expected=expected,
    )


def time_cast(column: str, kind: str) -> Cast:
    """A time of day, microseconds since midnight. Raises DataError for another type."""
    if kind != "TIME" and not is_text(kind):
        raise DataError(f"column {column} is {kind}, expected {TIME}")
    text = written(column, kind)
    value = f"COALESCE(TRY_CAST({text} AS TIME), CAST(try_strptime({text}, {TIMES}) AS TIME))"
    us = f"epoch_us({value})"
    return Cast(
        source=column,
        columns={"": us},
        blank=f"({text}) IS NULL",
        misfit=f"({us}) IS NULL",
        expected=TIME,
    )


def _readings(column: str, kind: str, text: str, form: SourceFormat) -> tuple[str, str, str]:
    """SQL of the wall clock and of the instant, and what is expected in words."""
    if kind in WALL_CLOCKS:
        return quote(column), "NULL", TIMESTAMP
    if kind in INSTANTS:
        return "NULL", quote(column), TIMESTAMP
    numeric = kind in WHOLE or kind in FLOATS or kind.startswith("DECIMAL")
    if form.date_format and form.date_format[0] in NUMBERED_DATES:
        return (
            *_numbered(text, form.date_format[0]),
            f"a number as {form.date_format[0]} means it",
        )
    if numeric and not form.date_format:
        raise DataError(
            f"column {column} is {kind}, expected {TIMESTAMP}; where its numbers mean dates, set "
            "data.date_format to epoch_s, epoch_ms or excel, or to a pattern such as %Y%m%d"
        )
    if not numeric and not is_text(kind):
        raise DataError(f"column {column} is {kind}, expected {TIMESTAMP}")
    if form.date_format:
        return (*_patterns(text, form.date_format), f"a date as {' or '.join(form.date_format)}")
    spaced = f"regexp_replace({text}, {SPACED_OFFSET})"
    aware = f"regexp_matches({spaced}, {OFFSET})"
    wall = f"CASE WHEN NOT {aware} THEN TRY_CAST({spaced} AS TIMESTAMP) END"
    return wall, f"CASE WHEN {aware} THEN TRY_CAST({spaced} AS TIMESTAMPTZ) END", TIMESTAMP


def _numbered(text: str, unit: str) -> tuple[str, str]:
    number = f"TRY_CAST({text} AS DOUBLE)"
    if unit == "excel":
        # subtle: a serial has no more than about a millisecond of precision
        ms = f"CAST(round({number} * 86400e3) AS BIGINT)"
        usable = f"CASE WHEN {number} BETWEEN 1 AND 80000 THEN {ms} END"
        return f"{SPREADSHEET_DAY_ZERO} + to_milliseconds({usable})", "NULL"
    us = f"{number} * {'1e6' if unit == 'epoch_s' else '1e3'}"
    usable = f"CASE WHEN abs({us}) < 5e15 THEN CAST({us} AS BIGINT) END"
    return "NULL", f"make_timestamptz({usable})"


def _patterns(text: str, patterns: Sequence[str]) -> tuple[str, str]:
    aware = [each for each in patterns if "%z" in each or "%Z" in each]
    naive = [each for each in patterns if each not in aware]
    readings = (
        f"try_strptime({text}, [{', '.join(map(literal, each))}])" if each else "NULL"
        for each in (naive, aware)
    )
    wall, instant = readings
    return wall, instant
