"""How a source column of any type is read strictly: SQL of its value, SQL of what does not fit."""

from __future__ import annotations

from dataclasses import dataclass

from features.errors import DataError

NUMBER = "a number such as 12.50"
TIMESTAMP = "a timestamp such as 2011-09-10 or 2011-09-10T10:00:00Z, of the years 1901 to 2099"
NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
WALL_CLOCKS = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
INSTANTS = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS WITH TIME ZONE", "TIMESTAMPTZ_NS")

# a placeholder such as 9999-12-31 is not a date
PLAUSIBLE = "BETWEEN '1901-01-02' AND '2099-12-30'"

# after the time of day, a letter or a sign begins an offset or the name of a zone
SPACED_OFFSET = r"'(:\d\d(?:\.\d+)?) +([+-])', '\1\2'"
OFFSET = r"'\d:\d.*[A-Za-z+-]'"


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Output columns (name -> SQL), the SQL condition of a misfit, and what was expected."""

    source: str
    columns: dict[str, str]
    misfit: str
    expected: str


def quote(column: str) -> str:
    """A column name as an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def text(column: str, kind: str) -> str:
    """SQL of a text as written; blank is null, and 123.0 in a column of floats is 123."""
    written = f"CAST({quote(column)} AS VARCHAR)"
    if kind in ("FLOAT", "DOUBLE"):
        whole = f"CAST(TRY_CAST({quote(column)} AS HUGEINT) AS VARCHAR)"
        is_whole = f"{quote(column)} = FLOOR({quote(column)}) AND isfinite({quote(column)})"
        written = (
            f"CASE WHEN isnan({quote(column)}) THEN NULL WHEN {is_whole} THEN {whole} "
            f"ELSE {written} END"
        )
    return f"CASE WHEN trim({written}) <> '' THEN {written} END"


def number(column: str, kind: str) -> Cast:
    """A finite number. Raises DataError for a type that is neither number nor text."""
    if kind != "VARCHAR" and not kind.startswith(NUMBERS) and not kind.startswith("U"):
        raise DataError(f"column {column} is {kind}, expected {NUMBER}")
    value = f"TRY_CAST({quote(column)} AS DOUBLE)"
    return Cast(
        source=column,
        columns={"amount": value},
        misfit=f"COALESCE(NOT isfinite({value}), true)",
        expected=NUMBER,
    )


def moment(column: str, kind: str) -> Cast:
    """Microseconds, as `wall_us` where the source is naive and as `utc_us` where it is aware.

    Raises DataError for a type that is neither a date, a timestamp nor text.
    """
    wall, instant = "NULL", "NULL"
    if kind == "VARCHAR":
        written = f"regexp_replace(trim({quote(column)}), {SPACED_OFFSET})"
        aware = f"regexp_matches({written}, {OFFSET})"
        wall = f"CASE WHEN NOT {aware} THEN TRY_CAST({written} AS TIMESTAMP) END"
        instant = f"CASE WHEN {aware} THEN TRY_CAST({written} AS TIMESTAMPTZ) END"
    elif kind in WALL_CLOCKS:
        wall = quote(column)
    elif kind in INSTANTS:
        instant = quote(column)
    else:
        raise DataError(f"column {column} is {kind}, expected {TIMESTAMP}")
    wall, instant = f"CAST({wall} AS TIMESTAMP)", f"CAST({instant} AS TIMESTAMPTZ)"
    return Cast(
        source=column,
        columns={"wall_us": f"epoch_us({wall})", "utc_us": f"epoch_us({instant})"},
        misfit=f"COALESCE(NOT ({wall} {PLAUSIBLE}), NOT ({instant} {PLAUSIBLE}), true)",
        expected=TIMESTAMP,
    )
