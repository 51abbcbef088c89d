"""A source column in SQL: its values in our terms, and which values do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from features.errors import DataError

# Every kind of blank, also those that are not seen: of no width, and the mark of a byte order.
BLANK = r"[\s\x0b\p{Z}\x{200b}-\x{200d}\x{2060}\x{feff}]"
WHOLE = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
)
FLOATS = ("FLOAT", "DOUBLE")
NESTED = ("STRUCT", "MAP", "UNION", "BLOB", "VARIANT", "GEOMETRY", "BIT")
# From here on, not every whole number is a float.
EXACT = 2**53


@dataclass(frozen=True, kw_only=True)
class Cast:
    """How a source column is read.

    source    the column's name in the source
    columns   suffix -> SQL of each column that it becomes; the suffix is "" where it is only one
    blank     SQL condition of a value that is not there
    misfit    SQL condition of a value that is there and does not fit
    expected  what would fit, in words
    """

    source: str
    columns: dict[str, str]
    blank: str
    misfit: str
    expected: str

    def named(self, name: str) -> dict[str, str]:
        """Name -> SQL of each column that it becomes, for a source column that is called `name`."""
        return {f"{name}{suffix}": sql for suffix, sql in self.columns.items()}


def quote(column: str) -> str:
    """A column name as an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def words(values: Sequence[str]) -> str:
    """Texts as a list of SQL literals, in parentheses."""
    return f"({', '.join(map(literal, values)) or 'NULL'})"


def is_text(kind: str) -> bool:
    """Whether a type of the engine is text."""
    return kind == "VARCHAR" or kind.startswith("ENUM")


def is_nested(kind: str) -> bool:
    """Whether a type of the engine holds more than one value."""
    return kind.endswith("]") or kind.startswith(NESTED) or kind == "JSON"


def clean_text(value: str, null_words: Sequence[str]) -> str:
    """SQL of a text without the blanks around it; null where it means nothing."""
    begins, ends = literal(f"^{BLANK}|{BLANK}$"), literal(f"^{BLANK}+|{BLANK}+$")
    trimmed = f"regexp_replace({value}, {ends}, '', 'g')"
    text = f"CASE WHEN regexp_matches({value}, {begins}) THEN {trimmed} ELSE {value} END"
    # subtle: nothing is not in a list of nothing
    return (
        f"CASE WHEN ({text}) NOT IN {words(null_words)} THEN ({text}) END" if null_words else text
    )


def written(column: str, kind: str) -> str:
    """SQL of a value as text, null where there is none; of a text column as `clean_text` has it.

    Raises DataError for a type that is no scalar.
    """
    if is_nested(kind):
        raise DataError(f"column {column} is {kind}, expected one value a row")
    value = quote(column)
    if is_text(kind):
        return value
    text = f"CAST({value} AS VARCHAR)"
    return f"CASE WHEN NOT isnan({value}) THEN {text} END" if kind in FLOATS else text


def is_blank(column: str, kind: str, text: str) -> str:
    """SQL condition of a value that is not there; `text` is what `written` makes of it."""
    if is_text(kind):
        return f"({text}) IS NULL"
    if kind in FLOATS:
        return f"({quote(column)} IS NULL OR isnan({quote(column)}))"
    # subtle: to write a number or a moment only to see whether there is one takes long
    return f"{quote(column)} IS NULL"
