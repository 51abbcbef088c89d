"""Which column plays which role, by its name and by what it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from features.inspect.columns import Column
from features.inspect.contents import (
    has_fractions,
    is_clock,
    is_currency,
    is_email,
    is_flag,
    is_number,
    is_status,
)
from features.inspect.names import likeness

MOST_CATEGORIES = 1000


@dataclass(frozen=True)
class Roles:
    """The columns of a source by role, None where there is none; and what was not sure.

    formats   column -> how its moments may be written, see `moment_formats`
    """

    found: Mapping[str, Column | None]
    formats: Mapping[str, list[str]]
    unsure: tuple[str, ...]

    def __getitem__(self, role: str) -> Column | None:
        return self.found.get(role)


def find_roles(columns: Sequence[Column], formats: Mapping[str, list[str]]) -> Roles:
    """The roles of a log's columns; each column has one at most."""
    found: dict[str, Column | None] = {}
    unsure: list[str] = []

    def free(fits: Callable[[Column], bool]) -> list[Column]:
        taken = [each for each in found.values() if each]
        return [each for each in columns if each not in taken and fits(each)]

    def take(role: str, fits: Callable[[Column], bool]) -> None:
        found[role] = _likeliest(free(fits), role)

    take("moment", lambda each: each.name in formats)
    if found["moment"] is None and (rest := free(lambda each: each.name in formats)):
        found["moment"] = max(rest, key=lambda each: each.filled)
        unsure += _guessed(found["moment"], "the moment of an order")
    take("clock", lambda each: is_clock(each) and each.name not in formats)
    take("currency", lambda each: is_currency(each) and each.distinct <= 200)
    take("refunded", is_number)
    take("quantity", is_number)
    take("line", is_number)
    take("amount", is_number)
    take("price", is_number)
    take("customer", lambda each: each.distinct > 1 and not has_fractions(each))
    take("order", lambda each: each.distinct > 1 and not has_fractions(each))
    take("status", is_status)
    take("test", is_flag)
    labels = {"category": _is_label, "channel": _is_label}
    for role, fits in labels.items():
        take(role, fits)
    if found["customer"] is None:
        found["customer"] = _customer_by_content(free(lambda each: not is_number(each)), columns)
        unsure += _guessed(found["customer"], "a customer")
    if found["line"] is None and found["amount"] is None and found["price"] is None:
        rest = free(has_fractions)
        found["amount"] = rest[0] if rest else None
        unsure += _guessed(found["amount"], "money")
    return Roles(found, formats, tuple(unsure))


def _likeliest(columns: Sequence[Column], role: str) -> Column | None:
    """The column whose name fits a role best; of two, the one with fewer blanks, then the first."""
    scored = [(likeness(each.name, role), each.filled, each) for each in columns]
    scored = [each for each in scored if each[0] > 0]
    return max(scored, key=lambda each: (each[0], each[1]))[2] if scored else None


def _is_label(column: Column) -> bool:
    return 1 < column.distinct <= MOST_CATEGORIES and not is_number(column)


def _customer_by_content(rest: Sequence[Column], columns: Sequence[Column]) -> Column | None:
    """Addresses of mail; else what repeats and is not the same for everybody."""
    mails = [each for each in rest if is_email(each)]
    repeating = [each for each in rest if 1 < each.distinct < each.filled and not is_flag(each)]
    numbers = [
        each
        for each in columns
        if is_number(each) and not has_fractions(each) and 1 < each.distinct < each.filled
    ]
    return next(
        iter([*mails, *sorted(repeating or numbers, key=lambda each: -each.distinct)]), None
    )


def _guessed(column: Column | None, meaning: str) -> list[str]:
    return [f"no name says what is {meaning}: {column.name} is taken"] if column else []
