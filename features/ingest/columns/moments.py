"""Dates and timestamps of any type or pattern, as microseconds of wall clock or of UTC."""

from __future__ import annotations

from collections.abc import Sequence

from features.config.source_format import NUMBERED_DATES, SourceFormat
from features.errors import DataError
from features.ingest.columns.cast import (
    FLOATS,
    WHOLE,
    Cast,
    is_blank,
    is_text,
    literal,
    quote,
    written,
)
from features.zone_names import NAMED_OFFSETS, UTC_NAMES, places_pattern

TIMESTAMP = "a timestamp such as 2011-09-10 or 2011-09-10T10:00:00Z, of the years 1901 to 2099"
TIME = "a time of day such as 17:05 or 5:05 PM"
WALL_CLOCKS = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
INSTANTS = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS WITH TIME ZONE", "TIMESTAMPTZ_NS")
NOTHING = '"NULL"'  # the type of a column without a value
# a placeholder such as 9999-12-31 is not a date
PLAUSIBLE = "BETWEEN '1901-01-02' AND '2099-12-30'"
# subtle: seconds that are read as milliseconds lie in January of 1970, as does a zero
EPOCHS = {"epoch_s": ("1e6", 31_536_000), "epoch_ms": ("1e3", 31_536_000_000)}
EPOCHS["epoch_us"] = ("1", 31_536_000_000_000)
# after the time of day, a letter or a sign begins an offset or the name of a zone
SPACED_OFFSET = r"'(:\d\d(?:\.\d*)?) +([+-]|Z$)', '\1\2'"
SPACED_NAME = r"'(:\d\d(?:\.\d*)?) *([A-Z][A-Za-z])', '\1 \2'"
OFFSET = r"'\d:\d.*[A-Za-z+-]'"
# An offset of 16 hours or more, of 60 minutes or more, or with seconds.
NO_OFFSET = r"':\d\d(:\d\d)?(\.\d+)? *([AP]M *)?[+-](1[6-9]|[2-9]\d|\d\d:?([6-9]\d|\d\d:?\d))'"
BEFORE_NAME = r"(\d *(?:AM|PM|am|pm)? *)"
NAMED = rf"'{BEFORE_NAME}({'|'.join(NAMED_OFFSETS)})\b'"
TIMES = ["%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%I:%M:%S%p"]
SPREADSHEET_DAY_ZERO = "TIMESTAMP '1899-12-30'"
DAY_ALONE = "a date without a time of day or a zone, where columns.time names the time of day"


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
        blank=is_blank(column, kind, text),
        misfit=f"COALESCE(NOT ({wall} {PLAUSIBLE}), NOT ({instant} {PLAUSIBLE}), true)",
        expected=expected,
    )


def day_cast(column: str, kind: str, form: SourceFormat) -> Cast:
    """As `moment_cast`, of a date whose time of day stands in another column."""
    cast = moment_cast(column, kind, form)
    wall, instant = cast.columns["_wall_us"], cast.columns["_utc_us"]
    with_time = f"{instant} IS NOT NULL OR {wall} % 86400000000 <> 0"
    return Cast(
        source=column,
        columns=cast.columns,
        blank=cast.blank,
        misfit=f"({cast.misfit} OR COALESCE({with_time}, false))",
        expected=f"{cast.expected}; {DAY_ALONE}",
    )


def time_cast(column: str, kind: str) -> Cast:
    """A time of day, microseconds since midnight. Raises DataError for another type."""
    if kind not in ("TIME", "TIME_NS") and not is_text(kind):
        raise DataError(f"column {column} is {kind}, expected {TIME}")
    text = written(column, kind)
    value = f"COALESCE(TRY_CAST({text} AS TIME), CAST(try_strptime({text}, {TIMES}) AS TIME))"
    us = f"epoch_us({value})"
    return Cast(
        source=column,
        columns={"": us},
        blank=is_blank(column, kind, text),
        misfit=f"({us}) IS NULL",
        expected=TIME,
    )


def _readings(column: str, kind: str, text: str, form: SourceFormat) -> tuple[str, str, str]:
    """SQL of the wall clock and of the instant, and what is expected in words."""
    if kind in WALL_CLOCKS:
        return quote(column), "NULL", TIMESTAMP
    if kind in INSTANTS:
        return "NULL", quote(column), TIMESTAMP
    if kind == NOTHING:
        return "NULL", "NULL", TIMESTAMP
    numeric = kind in WHOLE or kind in FLOATS or kind.startswith("DECIMAL")
    if form.date_format and form.date_format[0] in NUMBERED_DATES:
        unit = form.date_format[0]
        return *_numbered(text, unit), f"a number as {unit} means it, later than 1970"
    if numeric and not form.date_format:
        raise DataError(
            f"column {column} is {kind}, expected {TIMESTAMP}; where its numbers mean dates, set "
            f"data.date_format to one of {', '.join(NUMBERED_DATES)}, or to a pattern such as "
            "%Y%m%d"
        )
    if not numeric and not is_text(kind):
        raise DataError(f"column {column} is {kind}, expected {TIMESTAMP}")
    if form.date_format:
        return (*_patterns(text, form.date_format), f"a date as {' or '.join(form.date_format)}")
    return (*_standard(text), TIMESTAMP)


def _standard(text: str) -> tuple[str, str]:
    """A text in ISO 8601, or nearly; subtle: the engine would read the word epoch too."""
    spaced = f"regexp_replace({_offset_for_name(text)}, {SPACED_OFFSET})"
    spaced = f"regexp_replace({spaced}, {SPACED_NAME})"
    numbered, aware = f"regexp_matches({text}, '^\\d')", f"regexp_matches({spaced}, {OFFSET})"
    zone = rf"'(:\d\d?|\.\d*)(Z|[+-](0\d|1[0-5])(:?[0-5]\d)?| ({_zones()}))$'"
    zoned = f"{aware} AND regexp_matches({spaced}, {zone})"
    return (
        f"CASE WHEN {numbered} AND NOT {aware} THEN TRY_CAST({spaced} AS TIMESTAMP) END",
        f"CASE WHEN {numbered} AND {zoned} THEN TRY_CAST({spaced} AS TIMESTAMPTZ) END",
    )


def _zones() -> str:
    """The names of zones, as alternatives of a regular expression."""
    return f"{'|'.join(UTC_NAMES)}|{places_pattern()}"


def _offset_for_name(text: str) -> str:
    """SQL of a text with the offset where the name of one stands."""
    replaced = text
    for name, offset in NAMED_OFFSETS.items():
        replaced = rf"regexp_replace({replaced}, '{BEFORE_NAME}{name}\b', '\1{offset}')"
    return f"CASE WHEN regexp_matches({text}, {NAMED}) THEN {replaced} ELSE {text} END"


def _numbered(text: str, unit: str) -> tuple[str, str]:
    number = f"TRY_CAST({text} AS DOUBLE)"
    if unit == "excel":
        # subtle: a serial has no more than about a millisecond of precision
        ms = f"CAST(round({number} * 86400e3) AS BIGINT)"
        usable = f"CASE WHEN {number} BETWEEN 1 AND 80000 THEN {ms} END"
        return f"{SPREADSHEET_DAY_ZERO} + to_milliseconds({usable})", "NULL"
    factor, least = EPOCHS[unit]
    us = f"{number} * {factor}"
    believable = f"({number} >= {least} OR {number} < 0) AND abs({us}) < 5e15"
    return "NULL", f"make_timestamptz(CASE WHEN {believable} THEN CAST({us} AS BIGINT) END)"


def _patterns(text: str, patterns: Sequence[str]) -> tuple[str, str]:
    """A text that patterns read differently is none of them."""
    naive = [each for each in patterns if "%z" not in each and "%Z" not in each]
    offsets = [each.replace("%Z", "%z") for each in patterns if each not in naive]
    places = [each for each in patterns if "%Z" in each]
    wall = _read(text, naive)
    instant = _read(_offset_for_name(text) if places else text, offsets)
    if offsets:
        instant = f"CASE WHEN NOT regexp_matches({text}, {NO_OFFSET}) THEN {instant} END"
    if places:
        inside = f"'(^|[^A-Za-z/])({_zones()})([^A-Za-z+-]|$)'"
        read = f"CASE WHEN regexp_matches({text}, {inside}) THEN {_read(text, places)} END"
        instant = f"COALESCE({instant}, {read})"
    return wall, instant


def _read(text: str, patterns: Sequence[str]) -> str:
    if not patterns:
        return "NULL"
    value = f"try_strptime({text}, [{', '.join(map(literal, patterns))}])"
    if len(patterns) == 1:
        return value
    each = ", ".join(f"try_strptime({text}, {literal(pattern)})" for pattern in patterns)
    return f"CASE WHEN len(list_distinct([{each}])) = 1 THEN {value} END"
