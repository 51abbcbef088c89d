"""Every source row accounted for: what counts, what is set aside by which reason, what stops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest import advice
from features.ingest.columns.cast import Cast, is_text, literal, quote, words
from features.ingest.columns.money import undecided
from features.ingest.queries import first_row
from features.ingest.table import FILE
from features.ingest.typed_rows import (
    AFTER_END,
    BY_VALUE,
    MISFIT,
    NO_AMOUNT,
    NO_CUSTOMER,
    NO_MOMENT,
    OTHER_CURRENCY,
    Reading,
    filled,
    value_of,
)
from features.timestamps import from_microseconds

SAMPLES = 50
MOST_VALUES = 20
ORDER, NUMBER = "perennial_order", "perennial_number"
# A clock that is a little ahead is no fault of the data.
AHEAD = timedelta(days=1)
ROLES = {"timestamp": NO_MOMENT, "amount": NO_AMOUNT}


@dataclass(frozen=True)
class Account:
    """Where the rows went.

    counts   by reason, in the order of `features.ingest.policies.MEANINGS`
    kept     rows that count
    last     the latest moment of those, UTC microseconds; None where there is none
    """

    counts: dict[str, int]
    kept: int
    last: int | None


def require_settled_numbers(
    connection: duckdb.DuckDBPyConnection, readings: Sequence[Reading], data: PurchaseData
) -> None:
    """Raises DataError where the texts of a money column could be thousands or fractions."""
    if data.decimal is not None or data.thousands is not None:
        return
    for role in ("amount", "refunded", "cost", "quantity"):
        texts = [each for each in readings if role in each.casts and _as_people_write(each, role)]
        either, fraction, example = 0, 0, ""
        for each in texts:
            source = each.casts[role].source
            test = undecided(source, each.table.types[source])
            row = first_row(
                connection,
                f"SELECT count_if({test['either']}), count_if({test['fraction']}), "
                f"min({quote(source)}) FILTER ({test['either']}) FROM {each.table.relation}",
            ) or (0, 0, "")
            either, fraction = either + (row[0] or 0), fraction + (row[1] or 0)
            example = example or row[2]
        if either and not fraction:
            sign = "," if "," in example else "."
            raise DataError(
                f"{texts[0].table.files[0]}: column {texts[0].casts[role].source} holds "
                f"{example!r}, which could be a thousand and more or a fraction; set "
                f'data.thousands = "{sign}" or data.decimal = "{sign}"'
            )


def _as_people_write(reading: Reading, role: str) -> bool:
    return reading.table.as_text and is_text(reading.table.types[reading.casts[role].source])


def account(
    connection: duckdb.DuckDBPyConnection,
    readings: Sequence[Reading],
    data: PurchaseData,
    now: datetime,
) -> Account:
    """Count the rows of the view `typed` by what becomes of them.

    Raises DataError for values that do not fit, rows that a policy refuses, and moments to come.
    """
    _require_exact_values(connection, readings, data)
    found = connection.execute(
        "SELECT aside, count(*), max(us) FILTER (aside = 0) FROM typed GROUP BY aside"
    ).fetchall()
    by_reason = {int(row[0]): int(row[1]) for row in found}
    last = max((row[2] for row in found if row[2] is not None), default=None)
    if MISFIT in by_reason:
        raise DataError(_misfit(connection, readings, data))
    if data.missing == "error":
        for role, reason in ROLES.items():
            if reason in by_reason:
                raise DataError(_blank(connection, readings, role))
    _require_policy(by_reason.get(NO_CUSTOMER, 0), data.guests, "guests")
    if data.other_currencies == "error" and OTHER_CURRENCY in by_reason:
        raise DataError(_other_currencies(connection, readings, data, by_reason[OTHER_CURRENCY]))
    if data.end is None and last is not None and from_microseconds(last) > now + AHEAD:
        raise DataError(_to_come(connection, data, last))
    counts = {"rows_read": sum(by_reason.values())}
    counts |= _values(connection, readings, data) if by_reason.get(BY_VALUE) else {}
    named = {
        "rows_after_end_dropped": AFTER_END,
        "rows_without_timestamp_dropped": NO_MOMENT,
        "rows_without_amount_dropped": NO_AMOUNT,
        "guest_rows_dropped": NO_CUSTOMER,
        "other_currency_rows_dropped": OTHER_CURRENCY,
    }
    counts |= {name: by_reason[reason] for name, reason in named.items() if reason in by_reason}
    return Account({"guest_rows_dropped": 0} | counts, by_reason.get(0, 0), last)


def _require_policy(number: int, policy: str, what: str) -> None:
    if policy == "error" and number:
        raise DataError(
            f'{number} rows are {what} and data.{what} = "error": remove them from the source, '
            f"or set data.{what} to another policy"
        )


def _numbered(reading: Reading) -> str:
    """A FROM item: the table's rows with their number in their file, from 1."""
    table = reading.table
    ordered = f"SELECT *, {table.order} AS {ORDER} FROM {table.relation}"
    number = f"{ORDER} - min({ORDER}) OVER (PARTITION BY {FILE}) + 1"
    return f"(SELECT *, {number} AS {NUMBER} FROM ({ordered}))"


def _misfit(
    connection: duckdb.DuckDBPyConnection, readings: Sequence[Reading], data: PurchaseData
) -> str:
    """The sentence about the first value that does not fit, and how many there are."""
    for role in readings[0].casts:
        total, first, samples = 0, "", set[str]()
        for each in readings:
            cast = each.casts[role]
            wrong = f"NOT ({cast.blank}) AND ({cast.misfit})"
            rows = _rows(connection, each, cast, wrong)
            if rows:
                total += rows[0][3]
                samples |= {row[2] for row in rows}
                file, number, value, _ = rows[0]
                held = f"{file}: column {cast.source} holds {value!r} in row {number}"
                first = first or f"{held}, expected {cast.expected}"
        if total:
            return _with_advice(f"{first}; {total} such rows in all", role, sorted(samples), data)
    return "rows that do not fit"


def _with_advice(sentence: str, role: str, samples: list[str], data: PurchaseData) -> str:
    found = ""
    if role == "timestamp":
        found = advice.about_dates([each.strip() for each in samples], data.date_format)
    elif role in ("amount", "refunded", "cost", "quantity"):
        found = advice.about_numbers([each.strip() for each in samples], data.currency)
    return f"{sentence}; {found}" if found else f"{sentence}, correct or remove them"


def _blank(connection: duckdb.DuckDBPyConnection, readings: Sequence[Reading], role: str) -> str:
    roles = [role, *(["time"] if role == "timestamp" else ["quantity"])]
    for each in readings:
        for cast in (each.casts[name] for name in roles if name in each.casts):
            if rows := _rows(connection, each, cast, cast.blank):
                file, number, _, total = rows[0]
                return (
                    f"{file}: column {cast.source} is empty in row {number}, expected "
                    f"{cast.expected}; {total} such rows in all, correct or remove them, or set "
                    'data.missing = "drop"'
                )
    return f"rows without {role}"


def _rows(
    connection: duckdb.DuckDBPyConnection, reading: Reading, cast: Cast, condition: str
) -> list[tuple[str, int, str, int]]:
    """The first rows that meet a condition: file, number, value, and how many there are."""
    return connection.execute(
        f"SELECT {FILE}, {NUMBER}, CAST({quote(cast.source)} AS VARCHAR), count(*) OVER () "
        f"FROM {_numbered(reading)} WHERE {condition} ORDER BY {FILE}, {NUMBER} LIMIT {SAMPLES}"
    ).fetchall()


def _other_currencies(
    connection: duckdb.DuckDBPyConnection,
    readings: Sequence[Reading],
    data: PurchaseData,
    number: int,
) -> str:
    name = data.columns.currency or ""
    shown = ", ".join(
        f"{value or 'blank'} ({rows:,})"
        for value, rows in _counted(connection, readings, data, name)[:5]
    )
    return (
        f"{data.transactions}: column {name} names several currencies: {shown}; {number} rows are "
        f'not {data.currency}: set data.other_currencies = "drop", or data.currency to another'
    )


def _to_come(connection: duckdb.DuckDBPyConnection, data: PurchaseData, last: int) -> str:
    row = first_row(
        connection, f"SELECT {FILE}, customer_id FROM typed WHERE aside = 0 AND us = {last} LIMIT 1"
    ) or ("", "")
    return (
        f"{row[0]}: a row of customer {row[1]!r} lies in the future, at "
        f"{from_microseconds(last).isoformat()}; correct it, or set data.end to the end of what "
        "is known"
    )


def _require_exact_values(
    connection: duckdb.DuckDBPyConnection, readings: Sequence[Reading], data: PurchaseData
) -> None:
    """Raises DataError where a value differs from one of `keep` or `drop` in its case alone."""
    for key, choices in (("keep", data.keep), ("drop", data.drop)):
        for name, listed in choices.items():
            near = {each.casefold(): each for each in listed}
            known = {*listed, *data.keep.get(name, ()), *data.drop.get(name, ())}
            for value, rows in _counted(connection, readings, data, name):
                if value not in known and value.casefold() in near:
                    raise DataError(
                        f"{data.transactions}: column {name} holds {value!r} in {rows:,} rows, and "
                        f"data.{key} names {near[value.casefold()]!r}; add it there as it is "
                        "written"
                    )


def _values(
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


def _counted(
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
