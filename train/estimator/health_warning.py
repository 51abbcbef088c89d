"""What looks wrong with data as a warning that a program can turn off, or into an error."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from train.estimator.wording import as_arguments


class HealthWarning(UserWarning):
    """A finding of the health check, or a time of knowledge that the numbers do not suit."""


def warn(sentences: Iterable[str], *, depth: int) -> None:
    """A warning for each sentence, in the words of keyword arguments.

    depth   how many calls lie between the line of whoever is warned and this one
    """
    for each in sentences:
        warnings.warn(as_arguments(each), HealthWarning, stacklevel=depth + 2)
