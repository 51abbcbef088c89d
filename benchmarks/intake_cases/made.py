"""The cases of this package, by name."""

from __future__ import annotations

from benchmarks.intake_cases import (
    database_files,
    json_files,
    meanings,
    odd_types,
    odd_values,
    parquet_files,
    shop_exports,
    values,
    workbooks,
    written_texts,
)
from benchmarks.intake_cases.case import Case

CASES: tuple[Case, ...] = (
    *written_texts.CASES,
    *values.CASES,
    *meanings.CASES,
    *parquet_files.CASES,
    *json_files.CASES,
    *workbooks.CASES,
    *database_files.CASES,
    *shop_exports.CASES,
    *odd_values.CASES,
    *odd_types.CASES,
)
