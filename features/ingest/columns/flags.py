"""Flags, as people write them: true or false, yes or no, 1 or 0."""

from __future__ import annotations

from features.ingest.columns.cast import Cast, words, written

FLAG = "a flag: true or false, yes or no, 1 or 0"
TRUE, FALSE = ("true", "yes", "1", "t", "y"), ("false", "no", "0", "f", "n")


def flag_cast(column: str, kind: str) -> Cast:
    """1.0 where a flag of any type is set, 0.0 where it is not."""
    text = written(column, kind)
    bare = f"regexp_replace(lower({text}), '\\.0$', '')"
    value = f"CASE WHEN {bare} IN {words(TRUE)} THEN 1.0 WHEN {bare} IN {words(FALSE)} THEN 0.0 END"
    return Cast(
        source=column,
        columns={"": f"CAST({value} AS DOUBLE)"},
        blank=f"({text}) IS NULL",
        misfit=f"({value}) IS NULL",
        expected=FLAG,
    )
