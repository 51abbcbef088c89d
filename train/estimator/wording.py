"""Sentences about keys of a configuration, in the words of keyword arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from features.config.purchases import PurchaseColumns, PurchaseData
from features.config.sections import Problem
from features.config.subscriptions import SubscriptionColumns, SubscriptionData
from features.errors import ConfigError, DataError

KEYS = "|".join(
    sorted(
        {
            name
            for form in (PurchaseData, SubscriptionData, Problem)
            for name in form.model_fields.keys() - {"columns", "transactions", "customers"}
        }
    )
)
ROLES = "|".join(
    sorted(PurchaseColumns.model_fields.keys() | SubscriptionColumns.model_fields.keys())
)
SOURCE = re.compile(r"\bdata\.(transactions|customers)\b(?!\.)")
# data.drop.status = ["void"], and with a name in quotes
VALUES = re.compile(r'\bdata\.(keep|drop)\.("(?:[^"\\]|\\.)*"|[\w-]+) = (\[[^\]]*\])')
KEY = re.compile(rf"\b(?:data|problem)\.({KEYS})\b( = )?")
ROLE = re.compile(rf"\b(?:data\.)?columns\.({ROLES})\b( = )?")


def as_arguments(sentence: str) -> str:
    """The sentence with `missing="drop"` for `data.missing = "drop"`, and so on.

    What a configuration reads is X, as the first argument is called.
    """
    shown = VALUES.sub(_values, sentence)
    for pattern in (KEY, ROLE):
        shown = pattern.sub(lambda found: f"{found[1]}{'=' if found[2] else ''}", shown)
    return SOURCE.sub("X", shown.replace("data.columns must", "the columns of fit must"))


def _values(found: re.Match[str]) -> str:
    key, column, values = found.groups()
    name = column if column.startswith('"') else json.dumps(column)
    return f"{key}={{{name}: {values}}}"


@contextmanager
def in_arguments() -> Iterator[None]:
    """What is wrong inside of the block, told in keyword arguments, of the same class."""
    try:
        yield
    except (ConfigError, DataError) as error:
        raise type(error)(as_arguments(str(error))) from None
