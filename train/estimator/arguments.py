"""Keyword arguments as the configuration that a TOML file of the same keys would be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from features.config.presets import filled_in
from features.config.purchases import PurchaseConfig
from features.config.read import AnyConfig, validated
from features.config.sections import Economics, Problem, Section
from features.config.subscriptions import SubscriptionConfig
from features.errors import ConfigError
from features.ingest.frames import KINDS, NAME, NoFrameError

PROBLEM = tuple(name for name in Problem.model_fields if name != "relationship")
# Columns that are called as their role is unless something else is said.
PURCHASES, SUBSCRIPTIONS = (
    ("customer_id", "timestamp", "amount"),
    ("customer_id", "amount", "cancelled"),
)
SectionType = TypeVar("SectionType", bound=Section)


def purchase_config(
    params: Mapping[str, Any], columns: Mapping[str, Any], source: object
) -> PurchaseConfig:
    """The configuration of these arguments: of __init__, of fit, and what is read.

    Raises ConfigError naming every violation.
    """
    values = _values(params, columns, source, PurchaseConfig)
    return validated(Path("CustomerValue"), values, PurchaseConfig)


def subscription_config(
    params: Mapping[str, Any], columns: Mapping[str, Any], source: object
) -> SubscriptionConfig:
    """The same of subscriptions."""
    values = _values(params, columns, source, SubscriptionConfig)
    values["problem"]["relationship"] = "contract"
    return validated(Path("SubscriptionValue"), values, SubscriptionConfig)


def params_of(config: AnyConfig) -> dict[str, Any]:
    """The arguments of __init__ that make this configuration: those that are no default."""
    found = config.model_dump(exclude_defaults=True, exclude_unset=True)
    data = found.pop("data")
    problem = found.pop("problem")
    for name in ("columns", _source_key(type(config))):
        data.pop(name)
    problem.pop("relationship", None)
    return {**problem, **data, **found}


def reading(config: AnyConfig, source: object) -> AnyConfig:
    """The same configuration of another source."""
    data = config.data.model_copy(update={_source_key(type(config)): source_name(source)})
    return config.model_copy(update={"data": data})


def source_name(source: object) -> str:
    """What a source is called in sentences: a path or an address by itself."""
    return str(source) if is_place(source) else NAME


def is_place(source: object) -> bool:
    """Whether a source is a path or an address rather than a frame."""
    return isinstance(source, str | Path)


def frame_of(source: object) -> object | None:
    """What is read in place of the configuration's source; None for a path or an address.

    Raises NoFrameError for nothing.
    """
    if source is None:
        raise NoFrameError(f"there is nothing to read; give {KINDS}, or a path")
    return None if is_place(source) else source


def with_economics(config: AnyConfig, changes: object) -> Economics:
    """The economics of a configuration, some of them changed. Raises ConfigError."""
    given = changes.model_dump() if isinstance(changes, Economics) else changes
    if given is not None and not isinstance(given, Mapping):
        raise ConfigError(f"predict: economics must be a dictionary of keys, got {given!r}")
    return _changed(config.economics, given or {})


def with_horizon(config: AnyConfig, horizon_days: object) -> int:
    """The horizon of a configuration, or the one that is asked for. Raises ConfigError."""
    changes = {} if horizon_days is None else {"horizon_days": horizon_days}
    return _changed(config.problem, changes).horizon_days


def as_text(as_of: object) -> str | None:
    """A moment as `features.timestamps.parse_as_of` reads it: a text, a date or a timestamp."""
    plain: str | None = _plain(as_of)
    return plain if plain is None else str(plain)


def _source_key(form: type[AnyConfig]) -> str:
    """The key that names what is read, which here is the first argument of fit."""
    return "customers" if form is SubscriptionConfig else "transactions"


def _changed(section: SectionType, changes: Mapping[str, Any]) -> SectionType:
    values = {**section.model_dump(), **{name: _plain(each) for name, each in changes.items()}}
    return validated(Path("predict"), values, type(section))


def _values(
    params: Mapping[str, Any], columns: Mapping[str, Any], source: object, form: type[AnyConfig]
) -> dict[str, Any]:
    """The arguments that are set, as the tables of a file."""
    given = {name: _plain(value) for name, value in params.items() if value is not None}
    tables = form.model_fields.keys() - {"data", "problem"}
    values: dict[str, Any] = {name: given.pop(name) for name in tables & given.keys()}
    values["problem"] = {name: given.pop(name) for name in PROBLEM if name in given}
    named = {role: _plain(each) for role, each in columns.items() if each is not None}
    if "preset" not in given:
        needed = SUBSCRIPTIONS if form is SubscriptionConfig else PURCHASES
        named = {role: role for role in needed} | named
    values["data"] = {**given, _source_key(form): source_name(source), "columns": named}
    return filled_in(Path("CustomerValue"), values)


def _plain(value: Any) -> Any:
    """A value as TOML would hold it: dates as text, numbers of NumPy as Python's."""
    if isinstance(value, Section):
        return value.model_dump()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    # subtle: before its own value is asked for, a moment of NumPy is no date
    return _plain(value.item()) if hasattr(value, "item") else value
