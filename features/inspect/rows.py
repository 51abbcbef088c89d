"""Which rows count: by status, by test, by currency."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from features.ingest.columns.flags import TRUE
from features.inspect.columns import Column, values
from features.inspect.contents import BAD, GOOD, RETURNED, currency_of_signs, statuses
from features.inspect.money import Money
from features.inspect.names import plain
from features.inspect.roles import Roles


@dataclass(frozen=True)
class Currency:
    """The currency of the money; `code` is None where nothing tells it, `mixed` where several."""

    code: str | None
    mixed: bool
    unsure: tuple[str, ...]


def find_currency(
    connection: duckdb.DuckDBPyConnection, column: Column | None, money: Column
) -> Currency:
    """The currency that a column names most often, or that stands beside the money."""
    if column is None:
        code = currency_of_signs(money) or _currency_of_name(money.name)
        return Currency(
            code, False, () if code else ("nothing tells the currency: USD is written",)
        )
    codes = list(dict.fromkeys(each.upper() for each in values(connection, column)))
    if len(codes) == 1:
        return Currency(codes[0], False, ())
    sentence = (
        f"{column.name} names {', '.join(codes[:10])}: only rows in {codes[0]} count, the most "
        "frequent; money of several currencies cannot be added up"
    )
    return Currency(codes[0], True, (sentence,))


def rows_to_drop(
    connection: duckdb.DuckDBPyConnection, roles: Roles, money: Money
) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """Column -> values of rows that do not count; and what is unsure about it."""
    drop: dict[str, list[str]] = {}
    unsure = ["no column looks like a status: every row counts"]
    if status := roles["status"]:
        found = values(connection, status)
        bad, returned = statuses(found, BAD), statuses(found, RETURNED)
        if dropped := bad if _shows_returns(roles, money) else bad + returned:
            drop[status.name] = dropped
        known = {*bad, *returned, *statuses(found, GOOD)}
        unknown = ", ".join(repr(each) for each in found if each not in known)
        unsure = [f"{status.name} holds {unknown}: rows with these count"] if unknown else []
    if test := roles["test"]:
        flags = [each for each in values(connection, test) if each.lower() in TRUE]
        if flags:
            drop[test.name] = flags
    return drop, tuple(unsure)


def _shows_returns(roles: Roles, money: Money) -> bool:
    """Whether what was returned is in the money already, or stands beside it."""
    return roles["refunded"] is not None or any(
        each.lstrip().startswith(("-", "(", "\u2212")) for each in money.column.samples
    )


def _currency_of_name(name: str) -> str | None:
    words = plain(name).split()
    known = ("EUR", "USD", "GBP", "CHF", "PLN", "BRL", "MXN", "CAD", "AUD", "SEK", "JPY", "INR")
    return next((each for each in known if each.lower() in words), None)
