"""What fit leaves in memory only, beside the model: its training, and the customers it read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.errors import DataError

WITH_CUSTOMERS = {"_training", "_dataset"}
UNTRAINED = (
    "this model was loaded or copied: its training, and the customers that it has learnt from, are "
    "not stored with it; "
)


def in_memory(estimator: object, name: str, what_else: str) -> Any:
    """The attribute of WITH_CUSTOMERS that is called so.

    what_else   what to do where there is none any more, as the end of a sentence

    Raises DataError there.
    """
    found = getattr(estimator, name, None)
    if found is None:
        raise DataError(UNTRAINED + what_else)
    return found


def without_customers(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of an estimator as a copy of it has it."""
    return {name: each for name, each in state.items() if name not in WITH_CUSTOMERS}
