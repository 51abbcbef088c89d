"""How a source column of any type is read strictly: SQL of its value, SQL of what does not fit."""

from __future__ import annotations

from dataclasses import dataclass

from features.errors import DataError

NUMBER = "a number such as 12.50"
TIMESTAMP = "a timestamp such as 2011-09-10 or 2011-09-10T10:00:00Z, of the years 1901 to 2099"
FLAG = "a flag: true or false, yes or no, 1 or 0"
TRUE, FALSE = "('true', 'yes', '1', 't', 'y')", "('false', 'no', '0', 'f', 'n')"
NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "U", "FLOAT", "DOUBLE", "DECIMAL")
WALL_CLOCKS = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
INSTANTS = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS WITH TIME ZONE", "TIMESTAMPTZ_NS")

# a placeholder such as 9999-12-31 is not a date
PLAUSIBLE = "BETWEEN '1901-01-02' AND '2099-12-30'"

# after the time of day, a letter or a sign begins an offset or the name of a zone
SPACED_OFFSET = r"'(:\d\d(?:\.\d+)?) +([+-])', '\1\2'"
OFFSET = r"'\d:\d.*[A-Za-z+-]'"


@dataclass(frozen=True, kw_only=True)
class Cast:
    """How a source column is read.

    source    the column's name in the source
    columns   suffix -> SQL of each column that it becomes; the suffix is "" where it is only one
    misfit    SQL condition of a value that does not fit
    expected  what would fit, in words
    """

    source: str
    columns: dict[str, str]
    misfit: str
    expected: str

    def named(self, name: str) -> dict[str, str]:
        """Name -> SQL of each column that it becomes, for a source column that is called `name`."""
        return {f"{name}{suffix}": sql for suffix, sql in self.columns.items()}


def quote(column: str) -> str:
    """A column name as an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def text_sql(column: str, kind: str) -> str:
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


def number_cast(column: str, kind: str) -> Cast:
    """A finite number. Raises DataError for a type that is neither number nor text."""
    if kind != "VARCHAR" and not kind.startswith(NUMBERS):
        raise DataError(f"column {column} is {kind}, expected {NUMBER}")
    value = f"TRY_CAST({quote(column)} AS DOUBLE)"
    return Cast(
        source=column,
        columns={"": value},
        misfit=f"COALESCE(NOT isfinite({value}), true)",
        expected=NUMBER,
    )


def timestamp_cast(column: str, kind: str) -> Cast:
    """Microseconds, `_wall_us` where the source is naive and `_utc_us` where it is aware.

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
        columns={"_wall_us": f"epoch_us({wall})", "_utc_us": f"epoch_us({instant})"},
        misfit=f"COALESCE(NOT ({wall} {PLAUSIBLE}), NOT ({instant} {PLAUSIBLE}), true)",
        expected=TIMESTAMP,
    )


def flag_cast(column: str) -> Cast:
    """1.0 where a flag of any type is set, 0.0 where it is not."""
    written = f"lower(trim(CAST({quote(column)} AS VARCHAR)))"
    written = f"regexp_replace({written}, '\\.0$', '')"
    value = f"CASE WHEN {written} IN {TRUE} THEN 1.0 WHEN {written} IN {FALSE} THEN 0.0 END"
    return Cast(
        source=column,
        columns={"": f"CAST({value} AS DOUBLE)"},
        misfit=f"({value}) IS NULL",
        expected=FLAG,
    )
