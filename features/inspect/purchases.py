"""Columns of a log of transactions -> a configuration for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from features.config.presets import preset_names, read_preset
from features.errors import DataError
from features.inspect.columns import Column
from features.inspect.contents import ISO
from features.inspect.money import Money, find_money, to_fill_down
from features.inspect.proposal import Proposal
from features.inspect.roles import Roles, find_roles
from features.inspect.rows import Currency, find_currency, rows_to_drop

OPTIONAL = ("currency", "refunded")
NO_ZONE = "the time zone is not in the data: UTC is written, set data.timezone to the shop's"
SHOWN = {
    "customer": "customer_id",
    "order": "order_id",
    "moment": "timestamp",
    "category": "category",
    "channel": "channel",
    "currency": "currency",
    "refunded": "refunded",
}


def propose_purchases(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    columns: Sequence[Column],
    formats: Mapping[str, list[str]],
) -> Proposal:
    """A configuration for a log. Raises DataError where no customer, moment or money is found."""
    roles = find_roles(columns, formats)
    money = find_money(connection, roles)
    customer, moment = roles["customer"], roles["moment"]
    if customer is None or moment is None or money is None:
        lacking = {"a customer": customer, "a moment": moment, "an amount": money}
        named = ", ".join(each for each, found in lacking.items() if found is None)
        raise DataError(
            f"{source}: no column looks like {named}; the columns are "
            f"{', '.join(each.name for each in columns)}: name them in a configuration, see "
            "docs/configuration.md"
        )
    currency = find_currency(connection, roles["currency"], money.column)
    found = _matching_preset(columns)
    if found is not None:
        return _with_preset(source, found, roles, currency)
    return _by_roles(connection, source, roles, money, currency)


def _by_roles(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    roles: Roles,
    money: Money,
    currency: Currency,
) -> Proposal:
    drop, unknown = rows_to_drop(connection, roles, money)
    named = {shown: found.name for role, shown in SHOWN.items() if (found := roles[role])}
    named["amount"] = money.column.name
    if money.quantity:
        named["quantity"] = money.quantity.name
    data: dict[str, Any] = {"currency": currency.code or "USD", **money.keys}
    why = dict[str, str]()
    unsure = [*roles.unsure, *money.unsure, *currency.unsure, *unknown]
    formats = roles.formats[named["timestamp"]]
    choices = _settle_dates(data, roles, named["timestamp"])
    if (clock := roles["clock"]) and not any("%H" in each or "%I" in each for each in formats):
        named["time"] = clock.name
    filled = [
        each for name in named.values() for each in _columns(roles, money) if each.name == name
    ]
    statuses = [found for role in ("status", "test") if (found := roles[role])]
    if below := to_fill_down(connection, roles["order"], [*filled, *statuses]):
        data["fill_down"] = below
        if money.column.name in below and "amount_is" not in data:
            data["amount_is"] = "order_total"
        why["fill_down"] = "blank on the further rows of an order"
    if currency.mixed:
        data["other_currencies"] = "drop"
    if roles["order"] is None:
        unsure.append("no column looks like an order: rows of one customer and moment are one")
    unsure.append(NO_ZONE)
    data["columns"] = named
    if drop:
        data["drop"] = drop
    return Proposal(source, "purchases", data, why, tuple(unsure), choices)


def _columns(roles: Roles, money: Money) -> list[Column]:
    found = [each for each in roles.found.values() if each]
    return [*found, *([] if money.column in found else [money.column])]


def _settle_dates(data: dict[str, Any], roles: Roles, moment: str) -> tuple[dict[str, str], ...]:
    """How the moments are written; what they could be where the source cannot tell."""
    formats = roles.formats[moment]
    if len(formats) > 1:
        return tuple({"date_format": each} for each in formats)
    if formats[0]:
        data["date_format"] = formats[0]
    return ()


@dataclass(frozen=True)
class Match:
    """A preset that fits a header: its keys, and what the source calls each of its columns."""

    name: str
    keys: dict[str, Any]
    called: dict[str, str | None]


def _matching_preset(columns: Sequence[Column]) -> Match | None:
    """The preset whose columns the source has, under their own or their other names."""
    names = {each.name for each in columns}
    for preset in preset_names():
        tables = read_preset(preset)
        keys, also = tables["data"], tables.get("also", {})
        needed = [*keys["columns"].values(), *keys.get("keep", {}), *keys.get("fill_down", [])]
        called = {
            each: next((name for name in (each, *also.get(each, [])) if name in names), None)
            for each in needed
        }
        optional = {keys["columns"].get(role) for role in OPTIONAL}
        if not any(found is None for each, found in called.items() if each not in optional):
            return Match(preset, keys, called)
    return None


def _with_preset(source: str, preset: Match, roles: Roles, currency: Currency) -> Proposal:
    """The preset, and own keys where the export differs from it."""
    keys, called = preset.keys, preset.called
    data: dict[str, Any] = {"preset": preset.name}
    if "currency" not in keys:
        data["currency"] = currency.code or "USD"
    if currency.mixed:
        data["other_currencies"] = "drop"
    formats = roles.formats.get(called[keys["columns"]["timestamp"]] or "", [ISO])
    expected = keys.get("date_format", [])
    expected = [expected] if isinstance(expected, str) else expected
    if ISO in formats and not any(each.startswith("%Y-") for each in expected):
        data |= {"date_format": []} if expected else {}
    elif ISO not in formats and not set(formats) & set(expected):
        data["date_format"] = formats[0]
    below = keys.get("fill_down", [])
    renamed = [name for each in below if (name := called[each])]
    if renamed != below:
        data["fill_down"] = renamed
    columns = {
        role: called[name] or "" for role, name in keys["columns"].items() if called[name] != name
    }
    if columns:
        data["columns"] = columns
    kept = {called[name] or name: words for name, words in keys.get("keep", {}).items()}
    if kept != keys.get("keep", {}):
        data["keep"] = kept
    unsure = (() if "currency" in keys else currency.unsure) + (
        () if "timezone" in keys else (NO_ZONE,)
    )
    why = {"preset": "the header is that of its export"}
    return Proposal(source, "purchases", data, why, unsure)
