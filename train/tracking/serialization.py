"""What a tracking store can hold: flat settings, JSON, pinned names; no credentials in any."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar

from features.redaction import redacted
from train.json_values import plain

T = TypeVar("T")


def flat(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Nested mappings as one, the keys joined by dots."""
    found: dict[str, object] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found


def shortened(value: object, longest: int) -> str:
    """The value as text without credentials; one that is too long ends in [...]."""
    text = redacted(str(value))
    return text if len(text) <= longest else text[: longest - 6] + " [...]"


def to_json(document: object) -> str:
    """The document as indented JSON; what is not finite is null, a timestamp its text."""
    text = json.dumps(plain(document, time=str), indent=2, ensure_ascii=False, default=str)
    return redacted(text) + "\n"


def requirements(*names: str) -> list[str]:
    """Those of these distributions that are installed, pinned."""
    found = []
    for name in names:
        with suppress(PackageNotFoundError):
            found.append(f"{name}=={version(name)}")
    return found


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    rest = iter(items)
    while batch := list(itertools.islice(rest, size)):
        yield batch
