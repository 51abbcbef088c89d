"""A case: files as a business has them, how they are configured, and what is right."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Content = str | bytes | Callable[[Path], object]
HEADER = "customer_id,timestamp,amount\n"
COLUMNS = {"customer_id": "customer_id", "timestamp": "timestamp", "amount": "amount"}
# The day and the sums of most cases.
DAY = datetime(2024, 1, 5)
TWO = {"u": 10.0, "v": 20.5}
CONFIG, EXPECTED = "config.toml", "expected.toml"


@dataclass(frozen=True)
class Case:
    """One case.

    files      path -> text (written in UTF-8), bytes, or what writes the file
    data       keys of the section data; `columns` stand beside those that are called as ours
    sums       customer -> the sum of its amounts; None where the source must be refused
    refused    words that the one sentence must hold, of old the key to set
    moments    of the lines, UTC, in order; empty: not looked at
    orders     number of orders; None: not looked at
    """

    name: str
    files: Mapping[str, Content]
    data: Mapping[str, Any] = field(default_factory=dict)
    sums: Mapping[str, float] | None = None
    refused: str = ""
    moments: tuple[str, ...] = ()
    orders: int | None = None

    def write(self, folder: Path) -> None:
        """Write the case as a folder that `judged.judge` reads."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if callable(content):
                content(path)
            else:
                path.write_bytes(content.encode() if isinstance(content, str) else content)
        source = next(iter(self.files)).split("/")[0]
        data = {"transactions": source, **self.data}
        data = {key: each for key, each in data.items() if each is not None}
        data["columns"] = COLUMNS | self.data.get("columns", {})
        (folder / CONFIG).write_text(_toml("data", data), encoding="utf-8")
        expected: dict[str, Any] = {"refused": self.refused} if self.sums is None else {}
        if self.sums is not None:
            expected = {"customers": len(self.sums), "amount": sum(self.sums.values())}
            expected |= {"per_customer": self.sums, "moments": list(self.moments)}
            expected |= {} if self.orders is None else {"orders": self.orders}
        (folder / EXPECTED).write_text(_toml("expected", expected), encoding="utf-8")


def expectation(folder: Path) -> dict[str, Any]:
    """What is right for a folder: expected.toml, with or without a section, or expected.json.

    Raises ValueError where there is neither.
    """
    if (folder / EXPECTED).exists():
        found = tomllib.loads((folder / EXPECTED).read_text(encoding="utf-8"))
    elif (folder / "expected.json").exists():
        found = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    else:
        raise ValueError(f"{folder}: has no {EXPECTED}")
    inner: dict[str, Any] = found.get("expected", found)
    return inner


def right(
    name: str, content: Content | Mapping[str, Content], sums: Mapping[str, float], **more: Any
) -> Case:
    """A case that must be read; `moments` and `orders` of `more` are expected, the rest is set."""
    moments, orders = tuple(more.pop("moments", ())), more.pop("orders", None)
    return Case(name, _files(content, more), more, sums, moments=moments, orders=orders)


def refused(name: str, content: Content | Mapping[str, Content], words: str, **more: Any) -> Case:
    """A case that must be refused in a sentence with these words."""
    return Case(name, _files(content, more), more, refused=words)


def log(*rows: str, header: str = HEADER) -> str:
    """The text of a CSV file."""
    return header + "".join(f"{row}\n" for row in rows)


def _files(content: Content | Mapping[str, Content], more: dict[str, Any]) -> Mapping[str, Content]:
    named = more.pop("file", "log.csv")
    return content if isinstance(content, Mapping) else {named: content}


def _toml(section: str, values: Mapping[str, Any]) -> str:
    plain = [f"{name} = {_value(each)}" for name, each in values.items() if not _is_table(each)]
    text = "\n".join([f"[{section}]", *plain]) + "\n"
    for name, each in values.items():
        if _is_table(each):
            text += _toml(f"{section}.{name}", {json.dumps(key): own for key, own in each.items()})
    return text


def _value(value: Any) -> str:
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)
