"""The rows of each value of a column, as `keep` and `drop` choose by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import duckdb

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.columns.cast import literal, words
from features.ingest.typed_rows import Reading, filled, value_of

MOST_VALUES = 20


def require_exact_values(
    connection: duckdb.DuckDBPyConnection, readings: Sequence[Reading], data: PurchaseData
) -> None:
    """Raises DataError where a value differs from one of `keep` or `drop` in its case alone."""
    for key, choices in (("keep", data.keep), ("drop", data.drop)):
        for name, listed in choices.items():
            near = {each.casefold(): each for each in listed}
            known = {*listed, *data.keep.get(name, ()), *data.drop.get(name, ())}
            for value, rows in rows_by_value(connection, readings, data, name):
                if value not in known and value.casefold() in near:
                    raise DataError(
                        f"{data.transactions}: column {name} holds {value!r} in {rows:,} rows, and "
                        f"data.{key} names {near[value.casefold()]!r}; add it there as it is "
                        "written"
                    )


def dropped_by_value(
    connection: duckdb.DuckDBPyConnection, readings: Sequence[Reading], data: PurchaseData
) -> dict[str, int]:
    """Rows set aside by `keep` and `drop`, by column and value; each by its first column."""
    found: Counter[str] = Counter()
    for each in readings:
        cases = [
            f"WHEN {value} {test} {words(listed)} THEN {literal(name)} || ' = ' || {value}"
            for test, choices in (("NOT IN", data.keep), ("IN", data.drop))
            for name, listed in choices.items()
            for value in [f"COALESCE({value_of(name, each.table, data)}, '')"]
        ]
        rows = connection.execute(
            f"SELECT CASE {' '.join(cases)} END AS reason, count(*) "
            f"FROM {filled(each.table, data)} WHERE reason IS NOT NULL GROUP BY ALL"
        ).fetchall()
        found.update({f"dropped: {reason}": number for reason, number in rows})
    most = dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_VALUES])
    if rest := found.total() - sum(most.values()):
        most["dropped: other values"] = rest
    return most


def rows_by_value(
    connection: duckdb.DuckDBPyConnection,
    readings: Sequence[Reading],
    data: PurchaseData,
    name: str,
) -> list[tuple[str, int]]:
    """The values of a column and their rows, the most frequent first."""
    total: dict[str, int] = {}
    for each in readings:
        value = f"COALESCE({value_of(name, each.table, data)}, '')"
        rows = connection.execute(
            f"SELECT {value}, count(*) FROM {filled(each.table, data)} GROUP BY ALL"
        ).fetchall()
        for word, number in rows:
            total[word] = total.get(word, 0) + number
    return sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))
