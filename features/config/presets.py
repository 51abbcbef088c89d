"""Presets: how services whose exports are known write them, as keys of [data]."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.errors import ConfigError

FOLDER = Path(__file__).resolve().parent.parent / "ingest" / "presets"


def preset_names() -> list[str]:
    """The presets that there are, by the alphabet."""
    return sorted(each.stem for each in FOLDER.glob("*.toml"))


def read_preset(name: str) -> dict[str, Any]:
    """The tables of a preset: `data`, and `also`, other names that a column of it may have."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def filled_in(path: Path, values: dict[str, Any]) -> dict[str, Any]:
    """The values of a configuration with what `data.preset` fills in; own keys win.

    Columns are filled in one by one, an own "" takes one out; every other key is taken whole.
    Raises ConfigError for a preset that there is not.
    """
    own = values.get("data")
    if not isinstance(own, dict) or "preset" not in own:
        return values
    name, known = own["preset"], preset_names()
    if name not in known:
        raise ConfigError(f"{path}: data.preset must be one of {', '.join(known)}, got {name!r}")
    preset: Mapping[str, Any] = read_preset(name)["data"]
    filled = {**preset, **own}
    columns = own.get("columns", {})
    if isinstance(columns, dict):
        merged = {**preset["columns"], **columns}
        filled["columns"] = {role: source for role, source in merged.items() if source != ""}
    return {**values, "data": filled}
