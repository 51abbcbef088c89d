"""Ids and labels: text as it was given, in one form for one thing."""

from __future__ import annotations

from features.ingest.columns.cast import (
    EXACT,
    FLOATS,
    WHOLE,
    Cast,
    is_blank,
    is_text,
    literal,
    quote,
    written,
)

ROUNDED_ID = "this one was rounded to a float: export the column as text"
NUL_OR_ROUNDED = (
    "this one was rounded to a float, or holds the character NUL: export the column as text "
    "without it"
)
ID = "an id as it was given; "
# What a spreadsheet makes of a long number: 7.4E+15.
# subtle: 75e12345 is a hash
ROUNDED = r"-?\d(\.\d+)?[eE]\+\d+|-?\d\.\d+[eE]\d+"
EXACT_SINGLE = 2**24
WITH_POINT = r"-?\d+\.0+"
NUL = "chr(0)"


def label(column: str, kind: str) -> str:
    """SQL of a text such as a category, in Unicode's form C. Raises DataError for no scalar."""
    text = written(column, kind)
    if not is_text(kind):
        return text
    # subtle: the engine's normal form ends where a NUL stands
    parts = f"list_transform(string_split({text}, {NUL}), lambda part: nfc_normalize(part))"
    whole = f"CASE WHEN contains({text}, {NUL}) THEN array_to_string({parts}, {NUL})"
    return f"{whole} ELSE nfc_normalize({text}) END"


def id_cast(column: str, kind: str, *, lower: bool = False) -> Cast:
    """An id: as a label, and a whole float without its point.

    A column of whole numbers stays one, which is quick to group by; `canonical` makes them text.

    Raises DataError for a type that is no scalar.
    """
    text, value = written(column, kind), label(column, kind)
    if kind in WHOLE:
        value = quote(column)
    misfit = "false"
    if kind in FLOATS:
        number = quote(column)
        exact = EXACT if kind == "DOUBLE" else EXACT_SINGLE
        misfit = f"abs({number}) >= {exact} OR isinf({number})"
        whole = f"CAST(TRY_CAST({number} AS BIGINT) AS VARCHAR)"
        value = f"CASE WHEN {number} = floor({number}) THEN {whole} ELSE {text} END"
    elif is_text(kind) or kind.startswith("DECIMAL"):
        if is_text(kind):
            rounded = f"regexp_full_match({value}, {literal(ROUNDED)})"
            misfit = f"{rounded} OR contains({text}, {NUL})"
        cut = f"regexp_replace({value}, '\\.0+$', '')"
        pointed = f"regexp_full_match({value}, {literal(WITH_POINT)})"
        value = f"CASE WHEN {pointed} THEN {cut} ELSE {value} END"
    return Cast(
        source=column,
        columns={"": f"lower({value})" if lower and kind not in WHOLE else value},
        blank=is_blank(column, kind, text),
        misfit=misfit,
        expected=ID + (NUL_OR_ROUNDED if is_text(kind) else ROUNDED_ID),
    )
