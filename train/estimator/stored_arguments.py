"""The arguments of an estimator are its attributes of the same names, as scikit-learn has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def store(estimator: object, given: Mapping[str, Any]) -> None:
    """Each argument as an attribute, and nothing else: the values are the very ones given.

    given   `locals()` of `__init__`, where nothing was assigned before
    """
    for name, each in given.items():
        if name != "self":
            setattr(estimator, name, each)
