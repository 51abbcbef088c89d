"""The cases of this package, by name."""

from __future__ import annotations

from benchmarks.intake_cases import (
    meanings,
    odd_types,
    odd_values,
    shop_exports,
    typed_sources,
    values,
    written_texts,
)
from benchmarks.intake_cases.case import Case

CASES: tuple[Case, ...] = (
    *written_texts.CASES,
    *values.CASES,
    *meanings.CASES,
    *typed_sources.CASES,
    *shop_exports.CASES,
    *odd_values.CASES,
    *odd_types.CASES,
)
